import { MailStoreUnavailable, aboutMessage, endSpans } from '@staffetta/core';
import type { LaneLease, StoredRecord, TakenLane } from '@staffetta/core';
import { AnalyzedBodies } from './analyzed-body.ts';
import type { AnalyzedBody } from './analyzed-body.ts';
import type { LocalDeliveryOptions } from './options.ts';
import { settleRecord } from './settle-record.ts';
import { storeSpans } from './store-spans.ts';

/** Records of one transaction. */
const BATCH_RECORDS_MAX = 100;
const BATCH_BYTES_MAX = 8 * 1_048_576;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 2_000;
/** The longest rest of a worker that has nothing to do: some lane may have rested enough. */
const IDLE_MS = 500;

interface OwnedLane {
  readonly lease: LaneLease;
  /** The first record that is not stored. */
  position: number;
  /** There may be something to read. */
  dirty: boolean;
  failures: number;
  restUntilMs: number;
}

interface Item {
  readonly lane: OwnedLane;
  readonly record: StoredRecord;
  readonly analyzed: AnalyzedBody;
}

/** Stores what comes on some lanes of `local`, up to a hundred records of all of them in one transaction. */
export class DeliveryWorker {
  readonly #options: LocalDeliveryOptions;
  readonly #mayStart: () => boolean;
  readonly #lanes = new Map<number, OwnedLane>();
  readonly #bodies = new AnalyzedBodies();
  #recordsMax = BATCH_RECORDS_MAX;
  #rotation = 0;
  #batch: Promise<boolean> | undefined;
  #running: Promise<void> | undefined;
  #stopping = false;
  #woken = Promise.withResolvers<void>();

  constructor(options: LocalDeliveryOptions, mayStart: () => boolean) {
    this.#options = options;
    this.#mayStart = mayStart;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends the transaction under way and begins no other. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#woken.resolve();
    await this.#running;
  }

  add(taken: TakenLane): void {
    const { position } = taken.normal;
    this.#lanes.set(taken.lane, {
      lease: taken,
      position,
      dirty: true,
      failures: 0,
      restUntilMs: 0,
    });
    this.#woken.resolve();
  }

  /** Begins nothing more of the lane; resolves when nothing of it is under way. */
  async remove(lane: number): Promise<void> {
    this.#lanes.delete(lane);
    await this.#batch?.catch(() => undefined);
  }

  /** Something may be there to read. */
  wake(lane: number): void {
    const owned = this.#lanes.get(lane);
    if (owned === undefined) return;
    owned.dirty = true;
    this.#woken.resolve();
  }

  async #run(): Promise<void> {
    for (let retryMs = RETRY_MIN_MS; !this.#stopping;) {
      this.#woken = Promise.withResolvers();
      try {
        this.#batch = this.#mayStart() ? this.#deliverOnce() : Promise.resolve(false);
        if (!(await this.#batch)) await this.#rest(IDLE_MS);
        retryMs = RETRY_MIN_MS;
      } catch (error) {
        this.#options.onError(error);
        await this.#rest(retryMs, { evenIfWoken: true });
        retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
      }
    }
  }

  /** Waits until there is something to do. */
  async #rest(mostMs: number, { evenIfWoken = false } = {}): Promise<void> {
    if (this.#stopping) return;
    const { promise: timeUp, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, mostMs);
    await (evenIfWoken ? timeUp : Promise.race([timeUp, this.#woken.promise]));
    clearTimeout(timer);
  }

  /** One transaction; false where there was nothing to do. */
  async #deliverOnce(): Promise<boolean> {
    const items = await this.#gather();
    if (items.length === 0) return false;
    const spans = storeSpans(this.#options.tracer, items);
    try {
      await this.#settle(items);
      endSpans(spans);
      this.#recordsMax = BATCH_RECORDS_MAX;
    } catch (error) {
      endSpans(spans, 'not_stored');
      for (const { lane } of items) lane.dirty = true;
      if (error instanceof MailStoreUnavailable) throw error;
      // One of them cannot be stored: they are tried one by one, so that it holds up its own lane only.
      if (items.length > 1) this.#recordsMax = 1;
      else this.#giveRest(items[0]!.lane, error);
    }
    return true;
  }

  async #gather(): Promise<Item[]> {
    const now = this.#options.clock.now();
    const lanes = [...this.#lanes.values()];
    const items: Item[] = [];
    let bytesLeft = BATCH_BYTES_MAX;
    this.#rotation += 1;
    for (let i = 0; i < lanes.length; i += 1) {
      const lane = lanes[(i + this.#rotation) % lanes.length]!;
      const recordsMax = this.#recordsMax - items.length;
      if (recordsMax <= 0 || bytesLeft <= 0) break;
      if (!lane.dirty || lane.restUntilMs > now) continue;
      lane.dirty = false;
      const records = await this.#read(lane, recordsMax, bytesLeft);
      if (records.length > 0) lane.dirty = true;
      for (const record of records) {
        const analyzed = await this.#analyzed(lane, record);
        if (analyzed === undefined) break;
        items.push({ lane, record, analyzed });
        bytesLeft -= record.body.sizeBytes;
      }
    }
    return items;
  }

  async #read(
    lane: OwnedLane,
    recordsMax: number,
    bytesMax: number,
  ): Promise<readonly StoredRecord[]> {
    const partition = { topic: 'local', lane: lane.lease.lane, bulk: false } as const;
    try {
      return await this.#options.log.read(partition, lane.position, { recordsMax, bytesMax });
    } catch (error) {
      this.#giveRest(lane, error);
      return [];
    }
  }

  async #analyzed(lane: OwnedLane, record: StoredRecord): Promise<AnalyzedBody | undefined> {
    const { body, envelope } = record;
    try {
      return await this.#bodies.get(
        envelope.messageId,
        async () => body.bytes ?? (await this.#options.log.readBody(body)),
      );
    } catch (error) {
      this.#giveRest(lane, aboutMessage(error, envelope.messageId));
      return undefined;
    }
  }

  /** Nothing is skipped: the lane waits and is tried again, and the others go on. */
  #giveRest(lane: OwnedLane, error: unknown): void {
    lane.dirty = true;
    lane.restUntilMs =
      this.#options.clock.now() + Math.min(RETRY_MIN_MS * 2 ** lane.failures, RETRY_MAX_MS);
    lane.failures += 1;
    this.#options.onError(error);
  }

  async #settle(items: readonly Item[]): Promise<void> {
    const { store, clock, hostname, expiresMs } = this.#options;
    const gone = new Set<string>();
    for (let left = items; left.length > 0;) {
      const context = { hostname, expiresMs, nowMs: clock.now() };
      const outcomes = left.map((item) => settleRecord(item.record, item.analyzed, gone, context));
      const copies = outcomes.flatMap((outcome) => outcome.copies);
      const lanes = spansOf(left);
      const settled = await store.settle({
        copies,
        events: outcomes.flatMap((outcome) => outcome.events),
        records: outcomes.flatMap((outcome) => outcome.records),
        lanes: [...lanes].map(([{ lease }, span]) => ({ lease, ...span })),
      });
      if (settled.kind === 'ok') {
        for (const [lane, { position }] of lanes) {
          lane.position = position;
          lane.failures = 0;
        }
        this.#count(left, gone, copies.length);
        return;
      }
      if (settled.kind === 'gone') for (const id of settled.accountIds) gone.add(id);
      else if (settled.kind === 'moved') left = this.#goOn(left, settled.lanes);
      else {
        for (const { lane } of settled.leases) this.#lanes.delete(lane);
        left = left.filter(({ lane }) => !settled.leases.includes(lane.lease));
      }
    }
  }

  /** What is not stored yet: a commit may have been written although its confirmation was lost. */
  #goOn(
    items: readonly Item[],
    moved: readonly { readonly lease: LaneLease; readonly position: number }[],
  ): readonly Item[] {
    for (const { lane } of items) {
      const found = moved.find(({ lease }) => lease === lane.lease);
      if (found !== undefined) lane.position = found.position;
    }
    return items.filter(({ lane, record }) => record.position >= lane.position);
  }

  #count(items: readonly Item[], gone: ReadonlySet<string>, copies: number): void {
    const { metrics, clock } = this.#options;
    metrics.stored(copies);
    for (const { record } of items) {
      const { recipients, acceptedAtMs } = record.envelope;
      const refused = recipients.filter(({ accountId }) => gone.has(accountId)).length;
      if (refused > 0) metrics.refused(refused);
      if (refused < recipients.length) metrics.delivered(clock.now() - acceptedAtMs);
    }
  }
}

/** What is stored of each lane: from its first record that is not stored, or the gap before it, to before a position. */
function spansOf(
  items: readonly Item[],
): ReadonlyMap<OwnedLane, { readonly from: number; readonly position: number }> {
  const spans = new Map<OwnedLane, { from: number; position: number }>();
  for (const { lane, record } of items) {
    spans.set(lane, { from: lane.position, position: record.position + 1 });
  }
  return spans;
}
