/** Nothing is lost when any process of a cluster dies or stands still: services, brokers and PostgreSQL, under load. */
import { boundLimits } from '../../ops/faults/bound-limits.ts';
import { loadPerSecond } from '../../ops/faults/load-rate.ts';
import { runFaults } from '../../ops/faults/run.ts';
import type { FaultReport } from '../../ops/faults/run.ts';
import { chosenLog } from '../harness/chosen-log.ts';
import { seeded } from '../harness/fuzz-session.ts';
import { Point } from '../harness/point.ts';

/** The short form is the same each time; the long one looks for orders that nobody thought of. */
const SHORT_SEED = 1;
const SEED_MAX = 2 ** 31;
const FAULTS_MIN = 40;
const WITHOUT_PROGRESS_MAX_MS = 15_000;
const SHOWN_MAX = 20;

await new Point('2.2').run(async (point) => {
  const drawn = point.long ? Math.floor(Math.random() * SEED_MAX) : SHORT_SEED;
  const seed = Number(process.env['STAFFETTA_TEST_SEED'] ?? drawn);
  const log = chosenLog();
  point.figure('log', log);
  point.figure('seed', seed);
  const report = await runFaults({
    log,
    random: seeded(seed),
    faults: process.env['STAFFETTA_TEST_FAULTS'],
    perSecond: loadPerSecond(log, point.long),
    ...(point.long ? { faultsMin: FAULTS_MIN } : {}),
    progress: (text) => point.progress(text),
  });
  boundReport(point, report);
});

function boundReport(point: Point, report: FaultReport): void {
  const { faults, doubled, lost } = report;
  point.figure('faults', faults.length);
  point.figure('under load, in seconds', report.seconds);
  point.figure('accepted', report.accepted);
  point.figure('delivered', report.delivered);
  point.figure('refused by their site, and told to the sender', report.bounced);
  point.figure('refused at the door', report.refused);
  point.figure('connections broken', report.connectionsBroken);
  point.figure('doubled, by cause', countBy(doubled.map(({ cause }) => cause ?? 'none')));
  const before = doubled.flatMap(({ beforeFaultMs }) => beforeFaultMs ?? []);
  point.figure('oldest double, in ms before its fault', Math.max(0, ...before));
  point.bound('nothing that got 250 is lost', lost.length === 0, lost.slice(0, SHOWN_MAX));
  const unexplained = doubled.filter(({ cause }) => cause === undefined);
  point.bound(
    'only what was in flight or in the last flush interval is doubled',
    unexplained.length === 0,
    unexplained.slice(0, SHOWN_MAX).map(({ id, arrivals }) => ({ id, arrivals })),
  );
  point.bound(
    'nothing stands still for more than 15 s',
    report.withoutProgressMs <= WITHOUT_PROGRESS_MAX_MS,
    report.withoutProgressMs,
  );
  point.figure('longest time of a healthy site without mail, in ms', report.longestGapMs);
  // A busy machine stretches restarts, which the short form has no margin for.
  if (point.long) {
    point.bound(
      'no healthy site is without mail for more than 15 s',
      report.longestGapMs <= WITHOUT_PROGRESS_MAX_MS,
      report.longestGapMs,
    );
  }
  boundLimits(point, report);
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
