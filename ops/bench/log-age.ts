/**
 * A log that has seen so many records beside one that is new, in turn on one server: append and read rates, and octets
 * on disk. `node --conditions=@staffetta/source ops/bench/log-age.ts [RECORDS] [BODY_BYTES]`;
 * STAFFETTA_TEST_DATABASE_URL names a PostgreSQL that runs already.
 */
import { spread } from '../../tools/harness/statistics.ts';
import { AgingLog } from './aging-log.ts';

const PASS_RECORDS = 10_000;
const ROUNDS = 15;
const PROGRESS_EVERY = 1_000_000;

const records = Number(process.argv[2] ?? 100_000);
const bodyBytes = Number(process.argv[3] ?? 1_000);

const aged = await AgingLog.open(bodyBytes);
for (let seen = PASS_RECORDS; seen <= records; seen += PASS_RECORDS) {
  await aged.pass(PASS_RECORDS);
  if (seen % PROGRESS_EVERY === 0) process.stdout.write(`${seen} records\n`);
}
const fresh = await AgingLog.open(bodyBytes);
// Connections, plans and the table's first pages are the same for both.
await fresh.pass(PASS_RECORDS);
const ratios: { append: number; read: number }[] = [];
/** Slices come and go: the most that each took. */
const disk = { aged: 0, fresh: 0 };
for (let round = 0; round < ROUNDS; round += 1) {
  const first = round % 2 === 0 ? aged : fresh;
  const one = await first.pass(PASS_RECORDS);
  const other = await (first === aged ? fresh : aged).pass(PASS_RECORDS);
  const [old, young] = first === aged ? [one, other] : [other, one];
  ratios.push({ append: old.append / young.append, read: old.read / young.read });
  disk.aged = Math.max(disk.aged, await aged.diskBytes());
  disk.fresh = Math.max(disk.fresh, await fresh.diskBytes());
}
const report = {
  records,
  append: spread(ratios.map((one) => one.append)),
  read: spread(ratios.map((one) => one.read)),
  disk: disk.aged / disk.fresh,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
await fresh.close();
await aged.close();
