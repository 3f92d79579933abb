/**
 * Deliveries into mailboxes, 20 a transaction, beside a bare loop that inserts the same bodies into one table: both by
 * two connections to one PostgreSQL, in alternating rounds. `node ops/bench/mailbox.ts`; STAFFETTA_TEST_DATABASE_URL
 * names a PostgreSQL that runs already.
 */
import { randomBytes } from 'node:crypto';
import {
  Database,
  PostgresLocalDeliveryStore,
  PostgresLog,
  PostgresMailStore,
  migrate,
} from '@staffetta/postgres';
import { startTestDatabase } from '@staffetta/testing';
import { cpuSeconds } from '../../tools/harness/processes.ts';

const ROUNDS = 5;
const TRANSACTIONS = 150;
const COPIES = 20;
const ACCOUNTS = 1_000;
const CONNECTIONS = 2;
const BODY_BYTES = 10_000;
const HEADER = 'From: sender@far.example\r\nTo: a@bench.example\r\nSubject: bench\r\n\r\n';
/** Of the usual size; what is in it does not matter to the store. */
const STRUCTURE = JSON.stringify({ v: 1, filler: 'x'.repeat(700) });

const server = await startTestDatabase();
const database = new Database({ url: server.url, connectionsMax: 8, applicationName: 'bench' });
await migrate(database);
await database.query(
  `create table bare (id bigint generated always as identity primary key, body bytea not null)`,
);
await database.query('alter table bare alter column body set storage external');
const accounts = await makeAccounts();
const onError = (error: unknown): void => {
  throw error;
};
const log = new PostgresLog({ database, outboundLanes: 1 });
const mailStore = new PostgresMailStore({ database, onError });
const store = new PostgresLocalDeliveryStore({ database, log, mailStore });

const kinds = { bare: insertBare, mailbox: deliver };
const rates: Record<keyof typeof kinds, number[]> = { bare: [], mailbox: [] };
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const kind of ['bare', 'mailbox'] as const) {
    const { rate, cpu } = await measure(kinds[kind]);
    // The first round warms up.
    if (round > 0) rates[kind].push(rate);
    const name = round === 0 ? `${kind} (warm-up)` : kind;
    process.stdout.write(
      `${name.padEnd(20)} ${rate.toFixed(0).padStart(7)} messages/s, ${cpu.toFixed(3)} CPU s a thousand, both ends\n`,
    );
  }
}
const [bare, mailbox] = [median(rates.bare), median(rates.mailbox)];
process.stdout.write(
  `median: ${mailbox.toFixed(0)} deliveries/s, ${bare.toFixed(0)} bare inserts/s, ratio ${(mailbox / bare).toFixed(2)}\n`,
);
await mailStore.close();
await log.watchers.close();
await database.close();
await server.drop();

async function makeAccounts(): Promise<readonly string[]> {
  await database.query(
    `insert into domain (name, tenant_id, kind) values ('bench.example', 'default', 'local')`,
  );
  const rows = await database.query<{ id: string }>(
    `insert into account (tenant_id, domain, address, address_key, password_hash)
     select 'default', 'bench.example', n || '@bench.example', n || '@bench.example', ''
     from generate_series(1, $1::int) as n returning id::text as id`,
    [ACCOUNTS],
  );
  return rows.map(({ id }) => id);
}

async function measure(
  transaction: (bodies: readonly Buffer[]) => Promise<void>,
): Promise<{ readonly rate: number; readonly cpu: number }> {
  const batches = Array.from({ length: TRANSACTIONS }, () =>
    Array.from({ length: COPIES }, newBody),
  );
  const count = TRANSACTIONS * COPIES;
  const pids = await processes();
  const cpuBefore = cpuSeconds(pids);
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
        await transaction(batch);
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1_000;
  return { rate: count / seconds, cpu: ((cpuSeconds(pids) - cpuBefore) * 1_000) / count };
}

/** This one, and the connections' own at the server, where it runs on this machine. */
async function processes(): Promise<number[]> {
  const rows = await database.query<{ pid: number }>(
    'select pid from pg_stat_activity where datname = current_database()',
  );
  return [process.pid, ...rows.map(({ pid }) => pid)];
}

async function insertBare(bodies: readonly Buffer[]): Promise<void> {
  await database.transaction(async (connection) => {
    await connection.query({
      name: 'bare',
      text: `insert into bare (body) values ${bodies.map((_, i) => `($${i + 1})`).join(',')}`,
      values: [...bodies],
    });
  });
}

async function deliver(bodies: readonly Buffer[]): Promise<void> {
  const copies = bodies.map((body) => ({
    accountId: accounts[Math.floor(Math.random() * ACCOUNTS)] ?? '',
    message: {
      prefix: Buffer.from('Return-Path: <sender@far.example>\r\nDelivered-To: a@bench.example\r\n'),
      body,
      bodyHeaderBytes: HEADER.length,
      structure: STRUCTURE,
      flags: [],
      internalDateMs: Date.now(),
    },
  }));
  const settled = await store.settle({ copies, events: [], records: [], lanes: [] });
  if (settled.kind !== 'ok') throw new Error(settled.kind);
}

function newBody(): Buffer {
  const text = randomBytes((BODY_BYTES * 3) / 4).toString('base64');
  return Buffer.from(`${HEADER}${text.replaceAll(/.{76}/g, '$&\r\n')}`);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
