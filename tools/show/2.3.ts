/** A rolling restart of every service and every broker under load: none lost, none doubled, clients only reconnect. */
import { boundLimits } from '../../ops/faults/bound-limits.ts';
import { loadPerSecond } from '../../ops/faults/load-rate.ts';
import type { OtherClientsReport } from '../../ops/faults/other-clients.ts';
import { restartAll } from '../../ops/faults/rolling-restart.ts';

import { SERVICES } from '../harness/cluster.ts';
import { chosenLog } from '../harness/chosen-log.ts';
import { Point } from '../harness/point.ts';

const CLOSING = '421';
/** The short form replaces one of each. */
const FIRST = [...SERVICES, 'kafka'].map((name) => `${name}-1`);

await new Point('2.3').run(async (point) => {
  const log = chosenLog();
  point.figure('log', log);
  const report = await restartAll({
    log,
    only: process.env['STAFFETTA_TEST_RESTARTS']?.split(',') ?? (point.long ? undefined : FIRST),
    perSecond: loadPerSecond(log, point.long),
    progress: (text) => point.progress(text),
  });
  const { refused, lost, doubled } = report;
  point.figure('restarted', report.restarted);
  point.figure('under load, in seconds', report.seconds);
  point.figure('accepted', report.accepted);
  point.figure('421 seen by clients', refused[CLOSING] ?? 0);
  point.bound('each ends with 0', report.wrongExits.length === 0, report.wrongExits);
  point.bound('none is lost', lost.length === 0, lost);
  point.bound(
    'none is doubled',
    doubled.length === 0,
    doubled.map(({ id, arrivals }) => ({ id, arrivals })),
  );
  const others = Object.keys(refused).filter((code) => code !== CLOSING);
  point.bound('no client sees more than a 421', others.length === 0, refused);
  point.bound('no transaction ends without a reply', report.broken === 0, report.broken);
  boundOthers(point, report.others);
  boundLimits(point, report);
});

function boundOthers(point: Point, others: OtherClientsReport): void {
  const { apiRefused, apiBroken, imapFailures, lettersNotOnce } = others;
  point.figure('accepted by the API', others.apiAccepted.length);
  point.figure('to a mailbox', others.lettersAccepted);
  point.figure('BYE seen by IMAP', others.imapByes);
  point.bound('the API answers 200 to all', Object.keys(apiRefused).length === 0, apiRefused);
  point.bound('no request ends without an answer', apiBroken === 0, apiBroken);
  point.bound('IMAP ends by BYE only', imapFailures.length === 0, imapFailures);
  point.bound('each letter is in the mailbox once', lettersNotOnce.length === 0, lettersNotOnce);
}
