import type { CountedLog, MailEvent, Partition } from '@staffetta/core';
import type { Database } from '../database.ts';
import { decodeEnvelope } from '../log/batch-codec.ts';
import { TOPIC_NUMBERS } from '../log/partitions.ts';
import { hourOf } from '../trace/write-events.ts';
import { isSet } from './unsettled-records.ts';

const ROWS_AT_ONCE = 2_000;
const NOTHING = Buffer.alloc(0);

/** The recipients of a message that wait somewhere, each once. */
export interface WaitingMessage {
  readonly tenantId: string;
  readonly recipients: Set<number>;
}

/** What waits, found in the order in which mail moves, so that it cannot pass unseen. */
export class WaitingMail {
  readonly messages = new Map<string, WaitingMessage>();
  /** Events that nobody has told yet: their records carry them. */
  readonly carried: MailEvent[] = [];
  readonly #log: CountedLog;

  constructor(log: CountedLog) {
    this.#log = log;
  }

  async addAccepted(): Promise<void> {
    await this.#addUnread(await this.#log.pipePositions());
  }

  /** What delivery and mailboxes have not settled. Returns where each partition was read to. */
  async addRouted(database: Database): Promise<ReadonlyMap<Partition, number>> {
    const lanes = await database.query<LanePositions>(
      `select topic, lane, position, settled, bulk_position, bulk_settled from lane
       where topic = any($1::int[])`,
      [[TOPIC_NUMBERS.outbound, TOPIC_NUMBERS.local]],
    );
    const byLane = new Map(lanes.map((row) => [`${row.topic} ${row.lane}`, row]));
    const positions = new Map<Partition, number>();
    const settled = new Map<Partition, Buffer>();
    for (const partition of this.#log.partitions) {
      const row = byLane.get(`${TOPIC_NUMBERS[partition.topic]} ${partition.lane}`);
      if (partition.topic === 'accepted' || !row) continue;
      positions.set(partition, partition.bulk ? row.bulk_position : row.position);
      settled.set(partition, partition.bulk ? row.bulk_settled : row.settled);
    }
    return this.#addUnread(positions, settled);
  }

  /** What was appended since: rows that went back to the log. */
  async addSince(ends: ReadonlyMap<Partition, number>): Promise<void> {
    await this.#addUnread(new Map([...ends].filter(([{ topic }]) => topic === 'outbound')));
  }

  /** Scheduled rows of one tenant and hour. */
  async addScheduled(database: Database, tenantId: string, hourMs: number): Promise<void> {
    for (let after = 0; ;) {
      const rows = await database.query<{ id: number; envelope: Buffer }>(
        `select id, envelope from scheduled where tenant_id = $1 and id > $3
           and date_trunc('hour', uuid_extract_timestamp(message_id)) = to_timestamp($2 / 1000.0)
         order by id limit ${ROWS_AT_ONCE}`,
        [tenantId, hourMs, after],
      );
      for (const { id, envelope } of rows) {
        this.#add(decodeEnvelope(envelope));
        after = id;
      }
      if (rows.length < ROWS_AT_ONCE) return;
    }
  }

  /** The messages of one tenant and hour. */
  *of(tenantId: string, hourMs: number): Iterable<readonly [string, WaitingMessage]> {
    for (const entry of this.messages) {
      if (entry[1].tenantId === tenantId && hourOf(entry[0]) === hourMs) yield entry;
    }
  }

  /** Returns where each partition was read to. */
  async #addUnread(
    positions: ReadonlyMap<Partition, number>,
    settled: ReadonlyMap<Partition, Buffer> = new Map(),
  ): Promise<ReadonlyMap<Partition, number>> {
    const ends = new Map(positions);
    for await (const record of this.#log.unread(positions)) {
      const { partition, position } = record;
      ends.set(partition, position + 1);
      this.carried.push(...record.carried);
      const index = position - (positions.get(partition) ?? position);
      if (!isSet(settled.get(partition) ?? NOTHING, index)) this.#add(record.envelope);
    }
    return ends;
  }

  #add({ messageId, tenantId, recipients }: Waiting): void {
    const message = this.messages.get(messageId) ?? { tenantId, recipients: new Set() };
    this.messages.set(messageId, message);
    for (const { number } of recipients) message.recipients.add(number);
  }
}

interface Waiting {
  readonly messageId: string;
  readonly tenantId: string;
  readonly recipients: readonly { readonly number: number }[];
}

interface LanePositions extends Record<string, unknown> {
  readonly topic: number;
  readonly lane: number;
  readonly position: number;
  readonly settled: Buffer;
  readonly bulk_position: number;
  readonly bulk_settled: Buffer;
}
