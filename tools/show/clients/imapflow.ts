import assert from 'node:assert/strict';
import { once } from 'node:events';
import { ImapFlow } from 'imapflow';
import { ALICE, BOB } from '../../harness/house.ts';
import type { House } from '../../harness/house.ts';
import type { Check } from './check.ts';
import { SmtpClient } from '../../harness/smtp-client.ts';
import { waitFor } from '../../harness/wait.ts';

const ARRIVE_TIMEOUT_MS = 20_000;
const MESSAGE = Buffer.from(
  'From: a@load.test\r\nTo: b@local.test\r\nSubject: parts\r\nMIME-Version: 1.0\r\n' +
    'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nfirst\r\n' +
    '--x\r\nContent-Type: text/html\r\n\r\n<p>second</p>\r\n--x--\r\n',
);

async function imapflowReadsAndKeeps({ staffetta }: House): Promise<void> {
  const client = await open(staffetta.ports.imaps, ALICE);
  try {
    await client.mailboxCreate('Work');
    const appended = await client.append('Work', MESSAGE, [String.raw`\Flagged`], new Date());
    assert.ok(appended !== false && appended.uid !== undefined, 'UIDPLUS tells the uid');
    await client.mailboxOpen('Work');
    const message = await client.fetchOne('1', {
      source: true,
      envelope: true,
      bodyStructure: true,
      flags: true,
      bodyParts: ['1', '2'],
    });
    assert.ok(message !== false);
    assert.deepEqual(message.source, MESSAGE);
    assert.equal(message.envelope?.subject, 'parts');
    assert.equal(message.bodyStructure?.childNodes?.length, 2);
    assert.equal(message.bodyParts?.get('1')?.toString(), 'first');
    assert.equal(message.flags?.has(String.raw`\Flagged`), true);
    const partial = await client.download('1', undefined, { maxBytes: 10 });
    assert.ok(partial.content !== undefined);
    partial.content.resume();
    assert.deepEqual(await client.search({ subject: 'parts' }), [1]);
    assert.deepEqual(await client.search({ seen: true, flagged: false }), []);
    await client.messageFlagsAdd('1', [String.raw`\Seen`]);
    const copied = await client.messageCopy('1', 'INBOX');
    assert.ok(copied !== false && copied.uidMap?.size === 1, 'COPYUID');
    await client.mailboxCreate('Done');
    const moved = await client.messageMove('1', 'Done');
    assert.ok(moved !== false && moved.uidMap?.size === 1, 'MOVE');
    await client.mailboxRename('Done', 'Old');
    await client.mailboxOpen('Old');
    await client.messageDelete('1');
    const old = await client.status('Old', { messages: true });
    assert.ok(old !== false && old.messages === 0);
    await client.mailboxClose();
    await client.mailboxDelete('Old');
    const paths = (await client.list()).map((folder) => folder.path);
    assert.ok(paths.includes('Work') && !paths.includes('Old') && !paths.includes('Done'));
    assert.ok((await client.list()).some((folder) => folder.specialUse === String.raw`\Sent`));
  } finally {
    await client.logout();
  }
}

/** What one session changes, another sees while it idles; so does mail that comes. */
async function imapflowIdles({ staffetta }: House): Promise<void> {
  const watcher = await open(staffetta.ports.imaps, BOB);
  const other = await open(staffetta.ports.imap, BOB, false);
  try {
    const { exists: before } = await watcher.mailboxOpen('INBOX');
    const exists = once(watcher, 'exists');
    void watcher.idle();
    const client = await SmtpClient.open({ port: staffetta.ports.mx });
    const reply = await client.send('a@load.test', [BOB.user], MESSAGE);
    await client.quit();
    assert.equal(reply.code, 250);
    const [news] = (await exists) as [{ count: number }];
    assert.ok(news.count > before);
    const flags = once(watcher, 'flags');
    await other.mailboxOpen('INBOX');
    await other.messageFlagsAdd(String(news.count), [String.raw`\Answered`]);
    const [changed] = (await flags) as [{ seq: number; flags: Set<string> }];
    assert.ok(changed.seq === news.count && changed.flags.has(String.raw`\Answered`));
    const gone = once(watcher, 'expunge');
    await other.messageDelete(String(news.count));
    await gone;
    await waitFor(
      'the count is right',
      ARRIVE_TIMEOUT_MS,
      () => watcher.mailbox !== false && watcher.mailbox.exists === news.count - 1,
    );
  } finally {
    await watcher.logout();
    await other.logout();
  }
}

async function open(
  port: number,
  who: { readonly user: string; readonly password: string },
  secure = true,
): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure,
    tls: { rejectUnauthorized: false },
    auth: { user: who.user, pass: who.password },
    logger: false,
  });
  await client.connect();
  return client;
}

export const checks: readonly Check[] = [imapflowReadsAndKeeps, imapflowIdles];
