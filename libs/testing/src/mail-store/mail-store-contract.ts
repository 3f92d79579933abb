import { test } from 'node:test';
import { changeChecks } from './change-checks.ts';
import { named } from './contract-samples.ts';
import type { Check, MadeMailStore } from './contract-samples.ts';
import { mailboxChecks } from './mailbox-checks.ts';
import { messageChecks } from './message-checks.ts';

let accounts = 0;

/** What every adapter of the MailStore port promises. `make` is called for each test. */
export function mailStoreContract(label: string, make: () => Promise<MadeMailStore>): void {
  const check: Check = (title, body) => {
    void test(`${label}: ${title}`, async () => {
      const made = await make();
      try {
        const accountId = `contract${process.pid}x${++accounts}`;
        await body(made, accountId, await named(made.store, accountId, 'INBOX'));
      } finally {
        await made.stop();
      }
    });
  };
  mailboxChecks(check);
  messageChecks(check);
  changeChecks(check);
}
