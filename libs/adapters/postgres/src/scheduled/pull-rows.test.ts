import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '../database.ts';
import { testLogDatabases } from '../testing/test-databases.ts';
import { PULL_ROWS } from './pull-rows.ts';

const BACKLOG_ROWS = 5_000;
/** Index entries and rows that a pull may look at for the few that it returns. */
const LOOKS_MAX = 100;

interface PlanNode {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

const makeDatabase = testLogDatabases();

test('a pull steps over what waits for a closed site, for later, and what is in memory', async () => {
  const made = await makeDatabase();
  const { database } = made;
  try {
    await addRows(database, 'closed.example', 1, BACKLOG_ROWS, '-1 hour');
    await addRows(database, 'later.example', 100_001, BACKLOG_ROWS, '1 hour');
    await addRows(database, 'open.example', 200_001, 4, '-1 minute');
    await database.query('analyze scheduled');
    const values = [[0, 1, 2, 3], [200_001], ['closed.example'], 500];
    const rows = await database.query<{ id: number }>(PULL_ROWS, values);
    assert.deepEqual(
      rows.map(({ id }) => id),
      [200_002, 200_003, 200_004],
    );
    const [explained] = await database.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `explain (analyze, format json) ${PULL_ROWS}`,
      values,
    );
    const looks = looksOf(explained!['QUERY PLAN'][0]!.Plan);
    assert.ok(looks <= LOOKS_MAX, `${looks} looks for 3 rows`);
  } finally {
    await made.stop();
  }
});

test('a large site does not keep another from being pulled once it is closed', async () => {
  const made = await makeDatabase();
  const { database } = made;
  try {
    await addRows(database, 'large.example', 1, 1_000, '-1 hour');
    await addRows(database, 'small.example', 100_001, 1, '-1 minute');
    const pull = async (...closed: string[]): Promise<readonly number[]> =>
      (await database.query<{ id: number }>(PULL_ROWS, [[2], [], closed, 500])).map(({ id }) => id);
    assert.equal((await pull()).length, 500);
    assert.deepEqual(await pull('large.example'), [100_001]);
  } finally {
    await made.stop();
  }
});

async function addRows(
  database: Database,
  site: string,
  firstId: number,
  count: number,
  due: string,
): Promise<void> {
  await database.query(
    `insert into scheduled (id, lane, bulk, priority, state, due_at, tenant_id, site, domain, message_id, recipients,
       accepted_at, expires_at, envelope, body_slice, body_bytes)
     select $1::bigint + row, 2, false, 1, 'due', now() + $4::interval + row * interval '1 ms', 'default', $2, $2,
       gen_random_uuid(), 1, now(), now(), '', 1, 1 from generate_series(0, $3::int - 1) as row`,
    [firstId, site, count, due],
  );
}

/** What was read at the leaves of a plan. */
function looksOf(node: PlanNode): number {
  const own = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
  const plans = node.Plans ?? [];
  return plans.length === 0
    ? own * node['Actual Loops']
    : plans.reduce((sum, plan) => sum + looksOf(plan), 0);
}
