import { WokenRounds } from '@staffetta/core';
import type { StoredRecord } from '@staffetta/core';
import type { Entry } from './entry.ts';
import type { DeliveryOptions } from './options.ts';
import type { OwnedLane } from './owned-lane.ts';

const READ_RECORDS_MAX = 200;
const READ_BYTES_MAX = 4 * 1024 * 1024;
/** With this many rows to be written the reader waits until they are: their contents are in memory. */
const WAITING_TO_PARK_MAX = 200;
const ENTRY_OVERHEAD_BYTES = 2_000;

/** Reads a lane's records as they come: what is not bulk first, bulk while there is nothing else. */
export class LaneReader {
  readonly #options: DeliveryOptions;
  readonly #take: (entry: Entry) => void;
  readonly #flushed: (lane: OwnedLane) => Promise<void>;
  readonly #rounds: WokenRounds<OwnedLane>;

  constructor(
    options: DeliveryOptions,
    take: (entry: Entry) => void,
    flushed: (lane: OwnedLane) => Promise<void>,
  ) {
    this.#options = options;
    this.#take = take;
    this.#flushed = flushed;
    this.#rounds = new WokenRounds({
      round: async (lane) => ((await this.#readOnce(lane)) ? 'more' : 'nothing'),
      mayRun: (lane) => lane.isReclaimed && !lane.closing && !lane.lost,
      onError: (error) => options.onError(error),
    });
  }

  /** Something may be there to read. */
  wake(lane: OwnedLane): void {
    this.#rounds.wake(lane);
  }

  /** Resolves when the lane, which is closing or lost, is not read any more. */
  ended(lane: OwnedLane): Promise<void> {
    return this.#rounds.ended(lane);
  }

  async #readOnce(lane: OwnedLane): Promise<boolean> {
    for (const bulk of [false, true]) {
      const tracker = lane.tracker(bulk);
      const records = await this.#options.log.read(
        { topic: 'outbound', lane: lane.lease.lane, bulk },
        tracker.next,
        { recordsMax: READ_RECORDS_MAX, bytesMax: READ_BYTES_MAX },
      );
      if (records.length === 0) continue;
      if (lane.lost) return false;
      for (const record of records) {
        if (tracker.read(record.position)) this.#take(this.#entryOf(lane, record));
      }
      if (lane.waitingToPark > WAITING_TO_PARK_MAX) await this.#flushed(lane);
      return true;
    }
    return false;
  }

  #entryOf(lane: OwnedLane, record: StoredRecord): Entry {
    return {
      lane,
      source: { kind: 'log', bulk: record.partition.bulk, position: record.position },
      envelope: record.envelope,
      body: record.body,
      site: record.envelope.route?.site ?? record.key,
      readAtMs: this.#options.clock.now(),
      memoryBytes: (record.body.bytes?.length ?? 0) + ENTRY_OVERHEAD_BYTES,
      restarts: 0,
      span: undefined,
      marked: false,
      settled: false,
    };
  }
}
