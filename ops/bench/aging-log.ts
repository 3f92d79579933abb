import { newMessageId } from '@staffetta/core';
import type { LogRecord } from '@staffetta/core';
import { ACCEPTED_LANES, Database, LOCAL_LANES, PostgresLog, migrate } from '@staffetta/postgres';
import { randomBody, sampleRecord, startTestDatabase } from '@staffetta/testing';

const LANES = 4;
const BATCH = 100;
const READ = { recordsMax: 200, bytesMax: 4 * 1024 * 1024 };
/** Small slices, so that a short run sees many of them come and go. */
const SLICE_LIMITS = { bytesMax: 8 * 1024 * 1024, ageMaxMs: 60_000 };

/** A log in a database of its own that records pass through, written by one process and read by another. */
export class AgingLog {
  readonly #database: Database;
  readonly #writer: PostgresLog;
  /** What it reads comes from the tables. */
  readonly #reader: PostgresLog;
  readonly #bodyBytes: number;
  readonly #drop: () => Promise<void>;
  readonly #lanes = Array.from({ length: LANES }, (_, lane) => ({
    partition: { topic: 'outbound', lane, bulk: false } as const,
    position: 1,
  }));

  private constructor(database: Database, bodyBytes: number, drop: () => Promise<void>) {
    this.#database = database;
    this.#bodyBytes = bodyBytes;
    this.#drop = drop;
    const options = { database, outboundLanes: LANES, sliceLimits: SLICE_LIMITS };
    this.#writer = new PostgresLog(options);
    this.#reader = new PostgresLog(options);
  }

  static async open(bodyBytes: number): Promise<AgingLog> {
    const server = await startTestDatabase();
    const database = new Database({
      url: server.url,
      connectionsMax: 6,
      applicationName: 'bench',
      onError: () => undefined,
    });
    await migrate(database);
    const log = new AgingLog(database, bodyBytes, () => server.drop());
    await log.#writer.prepare(LANES, ACCEPTED_LANES, LOCAL_LANES);
    return log;
  }

  /** Appends so many records, reads them, lets them go; records a second of each. */
  async pass(count: number): Promise<{ readonly append: number; readonly read: number }> {
    const append = await rateOf(count, async () => {
      for (let done = 0; done < count; done += BATCH)
        await this.#writer.append(this.#newRecords(), []);
    });
    const read = await rateOf(count, async () => {
      for (const lane of this.#lanes) await this.#readOn(lane);
    });
    await this.#reader.saveTrimmed();
    // The first round closes a full slice, the second one frees what is closed.
    await this.#writer.slices.tend();
    await this.#writer.slices.tend();
    return { append, read };
  }

  async diskBytes(): Promise<number> {
    const rows = await this.#database.query<{ bytes: number }>(
      `select sum(pg_total_relation_size(oid))::float8 as bytes
       from pg_class where relname ~ '^log_' and relkind = 'r'`,
    );
    return rows[0]?.bytes ?? 0;
  }

  async close(): Promise<void> {
    await this.#writer.watchers.close();
    await this.#reader.watchers.close();
    await this.#database.close();
    await this.#drop();
  }

  async #readOn(lane: {
    readonly partition: { readonly topic: 'outbound'; readonly lane: number; readonly bulk: false };
    position: number;
  }): Promise<void> {
    for (;;) {
      const found = await this.#reader.read(lane.partition, lane.position, READ);
      if (found.length === 0) break;
      lane.position += found.length;
    }
    this.#reader.trim(lane.partition, lane.position);
  }

  #newRecords(): LogRecord[] {
    return Array.from({ length: BATCH }, () =>
      sampleRecord(newMessageId(), { body: randomBody(this.#bodyBytes) }),
    );
  }
}

async function rateOf(count: number, work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - begin);
}
