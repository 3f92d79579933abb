/** Clients nobody here wrote, each doing what people do with it. */
import { startHouse } from '../harness/house.ts';
import type { House } from '../harness/house.ts';
import { Point } from '../harness/point.ts';
import { boundLedger } from '../harness/relay-scene.ts';
import type { Check } from './clients/check.ts';
import { checks as curl } from './clients/curl.ts';
import { checks as imapflow } from './clients/imapflow.ts';
import { checks as nodemailer } from './clients/nodemailer.ts';
import { checks as python } from './clients/python.ts';
import { checks as sparkpost } from './clients/sparkpost.ts';
import { checks as swaks } from './clients/swaks.ts';

const CHECK_TIMEOUT_MS = 90_000;

await new Point('1.2').run(async (point) => {
  const house = await startHouse(point);
  const checks = [...swaks, ...curl, ...nodemailer, ...imapflow, ...python, ...sparkpost];
  const passed: string[] = [];
  for (const check of checks) {
    const failure = await outcome(check, house);
    if (failure === undefined) passed.push(check.name);
    point.bound(inWords(check.name), failure === undefined, failure ?? 'works');
  }
  point.figure('checks passed', `${passed.length} of ${checks.length}`);
  await boundLedger(point, house.staffetta);
});

/** What went wrong, or nothing. */
async function outcome(check: Check, house: House): Promise<string | undefined> {
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const late = new Promise<string>((resolve) => {
    timeout.addEventListener('abort', () => resolve(`no end after ${CHECK_TIMEOUT_MS} ms`));
  });
  const done = check(house).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return Promise.race([done, late]);
}

function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
