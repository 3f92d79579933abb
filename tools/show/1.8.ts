/** A newcomer's two commands work: from a clone below /root, from one in /tmp, on a private data folder, as anybody. */
import { mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clone } from '../harness/clone.ts';
import type { User } from '../harness/clone.ts';
import { Point } from '../harness/point.ts';
import { mustRun } from '../harness/run-program.ts';
import { SmtpClient } from '../harness/smtp-client.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { waitFor } from '../harness/wait.ts';

const PRIVATE = 0o700;
const OPEN = 0o755;
/** Debian's `nobody`. */
const NOBODY: User = { uid: 65_534, gid: 65_534 };
const START_LINES_MAX = 25;
const ARRIVE_TIMEOUT_MS = 20_000;
const USER = 'first@local.test';
const PASSWORD = 'first-secret-1';

await new Point('1.8').run(async (point) => {
  const first = point.atEnd(new Clone(homedir(), PRIVATE));
  first.install();
  point.progress(`npm ci in a clone below ${homedir()}`);
  await works(point, `a clone below ${homedir()}`, first);

  const second = point.atEnd(new Clone(tmpdir(), OPEN));
  await install(point, second, first);
  await works(point, `a clone in ${tmpdir()}`, second);
  const dataDir = join(second.folder, 'private');
  mkdirSync(dataDir, { mode: PRIVATE });
  await works(point, 'a data folder of mode 0700', second, { STAFFETTA_DATA_DIR: dataDir });

  if (process.getuid?.() !== 0) return;
  const third = point.atEnd(new Clone(tmpdir(), PRIVATE, NOBODY));
  await install(point, third, first);
  await works(point, 'an ordinary user', third);
});

/** The long form fetches all packages for each clone. */
async function install(point: Point, clone: Clone, first: Clone): Promise<void> {
  if (point.long) clone.install();
  else clone.copyOf(first);
}

/** Starts, takes a message for a mailbox, gives it back by IMAP, and ends all its processes at Ctrl-C. */
async function works(
  point: Point,
  what: string,
  clone: Clone,
  settings: NodeJS.ProcessEnv = {},
): Promise<void> {
  const { ports, doorSettings } = await Staffetta.prepare();
  const env = { ...doorSettings, STAFFETTA_LISTEN: '127.0.0.1', ...settings };
  const logBefore = clone.log().length;
  const begin = performance.now();
  await clone.start(env);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  point.progress(`${what}: ready after ${seconds} s`);
  const startLines = clone
    .log()
    .slice(logBefore)
    .split('\n')
    .filter((line) => !line.startsWith('{'));
  clone.cli(['domain', 'add', 'local.test', '--local'], env);
  clone.cli(['account', 'add', USER, '--password-stdin'], env, `${PASSWORD}\n`);
  const client = await SmtpClient.open({ port: ports.mx });
  const text = Buffer.from('Subject: first\r\n\r\nthe first mail\r\n');
  await client.must('250', client.send('a@load.test', [USER], text));
  await client.quit();
  const url = `imaps://127.0.0.1:${ports.imaps}/INBOX;MAILINDEX=1`;
  let read = '';
  await waitFor('the mail is in the mailbox', ARRIVE_TIMEOUT_MS, async () => {
    read = await mustRun(['curl', '-sSk', '-u', `${USER}:${PASSWORD}`, url]).catch(() => '');
    return read !== '';
  });
  point.bound(
    `${what}: a mail sent is read`,
    read.endsWith('the first mail\r\n'),
    `${seconds} s to ready`,
  );
  const lines = startLines.length;
  point.bound(`${what}: the start says it in under 25 lines`, lines < START_LINES_MAX, lines);
  point.bound(`${what}: Ctrl-C ends all its processes`, await clone.interrupt());
}
