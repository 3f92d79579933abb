import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ImapSession } from '../imap/imap-session.ts';
import { Pop3Session } from '../pop3/pop3-session.ts';
import { runDialogue } from '../testing/run-dialogue.ts';
import { testOptions } from '../testing/test-options.ts';

for (const [protocol, Session] of [
  ['imap', ImapSession],
  ['pop3', Pop3Session],
] as const) {
  const folder = join(import.meta.dirname, protocol);
  for (const name of readdirSync(folder)) {
    void test(`${protocol}: ${name.replace('.txt', '').replaceAll('-', ' ')}`, async () => {
      await runDialogue(
        join(folder, name),
        testOptions(),
        (connection, options) => new Session(connection, options),
      );
    });
  }
}
