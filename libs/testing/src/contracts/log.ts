import { test } from 'node:test';
import { appendChecks } from './log-append.ts';
import { bodyChecks } from './log-bodies.ts';
import { faultChecks } from './log-faults.ts';
import { pipeChecks } from './log-pipe.ts';
import { readChecks } from './log-read.ts';
import type { LogCheck, MadeLog } from './log-samples.ts';

/** What every adapter of the Log port promises. `make` is called for each check. */
export function logContract(label: string, make: () => Promise<MadeLog>): void {
  const check: LogCheck = (title, body) => {
    void test(`${label}: ${title}`, async (context) => {
      const made = await make();
      try {
        if (title.startsWith('cut:') && !made.cut) context.skip('it has no connections');
        else await body(made);
      } finally {
        await made.stop();
      }
    });
  };
  appendChecks(check);
  readChecks(check);
  bodyChecks(check);
  pipeChecks(check);
  faultChecks(check);
}
