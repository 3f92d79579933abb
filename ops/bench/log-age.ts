/**
 * The log when it is new and after so many records: append and read rates, and octets on disk.
 * `node --conditions=@staffetta/source ops/bench/log-age.ts [RECORDS] [BODY_BYTES]`; STAFFETTA_TEST_DATABASE_URL names
 * a PostgreSQL that runs already.
 */
import { newMessageId } from '@staffetta/core';
import type { LogRecord } from '@staffetta/core';
import { ACCEPTED_LANES, Database, LOCAL_LANES, PostgresLog, migrate } from '@staffetta/postgres';
import { randomBody, sampleRecord, startTestDatabase } from '@staffetta/testing';

const LANES = 4;
const BATCH = 100;
const SAMPLE_RECORDS = 10_000;
const READ = { recordsMax: 200, bytesMax: 4 * 1024 * 1024 };

const records = Number(process.argv[2] ?? 100_000);
const bodyBytes = Number(process.argv[3] ?? 1_000);

const server = await startTestDatabase();
const database = new Database({ url: server.url, connectionsMax: 6, applicationName: 'bench' });
await migrate(database);
// Small slices, so that a short run sees many of them come and go.
const sliceLimits = { bytesMax: 8 * 1024 * 1024, ageMaxMs: 60_000 };
const log = new PostgresLog({ database, outboundLanes: LANES, sliceLimits });
await log.prepare(LANES, ACCEPTED_LANES, LOCAL_LANES);
/** Another process: what it reads comes from the tables. */
const reader = new PostgresLog({ database, outboundLanes: LANES, sliceLimits });
const readers = Array.from({ length: LANES }, (_, lane) => ({
  partition: { topic: 'outbound', lane, bulk: false } as const,
  position: 1,
}));

// Connections, plans and the table's first pages are the same for both.
await pass(SAMPLE_RECORDS);
const fresh = await sample('fresh');
let seen = 2 * SAMPLE_RECORDS;
while (seen < records) {
  await pass(SAMPLE_RECORDS);
  seen += SAMPLE_RECORDS;
}
const aged = await sample(`after ${seen}`);
const ratios = [aged.append / fresh.append, aged.read / fresh.read, aged.bytes / fresh.bytes];
const [append, read, size] = ratios.map((ratio) => ratio.toFixed(2));
process.stdout.write(`aged to fresh: append ${append}, read ${read}, disk ${size}\n`);
await log.watchers.close();
await reader.watchers.close();
await database.close();
await server.drop();

/** Appends so many records, reads them, lets them go; records a second of each. */
async function pass(count: number): Promise<{ readonly append: number; readonly read: number }> {
  const append = await rateOf(count, async () => {
    for (let done = 0; done < count; done += BATCH) await log.append(newRecords(), []);
  });
  const read = await rateOf(count, async () => {
    for (const one of readers) await readOn(one);
  });
  await reader.saveTrimmed();
  // The first round closes a full slice, the second one frees what is closed.
  await log.slices.tend();
  await log.slices.tend();
  return { append, read };
}

async function readOn(one: (typeof readers)[number]): Promise<void> {
  for (;;) {
    const found = await reader.read(one.partition, one.position, READ);
    if (found.length === 0) break;
    one.position += found.length;
  }
  reader.trim(one.partition, one.position);
}

async function sample(name: string): Promise<{ append: number; read: number; bytes: number }> {
  const rates = await pass(SAMPLE_RECORDS);
  const rows = await database.query<{ bytes: number; count: number }>(
    `select sum(pg_total_relation_size(oid))::float8 as bytes, count(*) as count
     from pg_class where relname ~ '^log_' and relkind = 'r'`,
  );
  const { bytes, count } = rows[0] ?? { bytes: 0, count: 0 };
  process.stdout.write(
    `${name.padEnd(16)} append ${rates.append.toFixed(0)}/s, read ${rates.read.toFixed(0)}/s, ` +
      `${(bytes / 1024 / 1024).toFixed(1)} MB in ${count} tables\n`,
  );
  return { ...rates, bytes };
}

async function rateOf(count: number, work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - begin);
}

function newRecords(): LogRecord[] {
  return Array.from({ length: BATCH }, () => {
    const body = randomBody(bodyBytes);
    return sampleRecord(newMessageId(), { body });
  });
}
