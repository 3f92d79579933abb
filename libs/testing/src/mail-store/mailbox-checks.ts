import assert from 'node:assert/strict';
import { DEFAULT_MAILBOXES } from '@staffetta/core';
import { named, sampleMessage } from './contract-samples.ts';
import type { Check } from './contract-samples.ts';

/** Mailboxes, subscriptions, and the lock of POP3. */
export function mailboxChecks(check: Check): void {
  check('an account begins with the default mailboxes, subscribed to', async ({ store }, id) => {
    const defaults = DEFAULT_MAILBOXES.map(({ name, specialUse }) => [name, specialUse]).sort();
    const listed = await store.listMailboxes(id);
    assert.deepEqual(listed.map(({ name, specialUse }) => [name, specialUse]).sort(), defaults);
    assert.equal(new Set(listed.map((mailbox) => mailbox.mailboxId)).size, defaults.length);
    assert.deepEqual(
      await store.listSubscriptions(id),
      defaults.map(([name]) => name),
    );
  });

  check('creates with superiors, once, and lists by name', async ({ store }, id) => {
    const made = await store.createMailbox(id, 'Späße/a/b');
    assert.equal(made.kind, 'ok');
    assert.deepEqual(await store.createMailbox(id, 'Späße/a'), { kind: 'exists' });
    assert.deepEqual(await store.createMailbox(id, 'INBOX'), { kind: 'exists' });
    const names = (await store.listMailboxes(id)).map((mailbox) => mailbox.name);
    assert.deepEqual(
      names.filter((name) => name.startsWith('Sp')),
      ['Späße', 'Späße/a', 'Späße/a/b'],
    );
  });

  check('a name used again has another UIDVALIDITY', async ({ store }, id) => {
    await store.createMailbox(id, 'x');
    const first = await named(store, id, 'x');
    await store.append(first, [sampleMessage('1')]);
    assert.deepEqual(await store.deleteMailbox(first), { kind: 'ok' });
    assert.deepEqual(await store.deleteMailbox(first), { kind: 'gone' });
    assert.equal(await store.findMailbox(id, 'x'), undefined);
    assert.deepEqual(await store.append(first, [sampleMessage('2')]), { kind: 'gone' });
    await store.createMailbox(id, 'x');
    const second = await named(store, id, 'x');
    assert.notEqual(second.uidValidity, first.uidValidity);
    assert.equal(second.messages, 0);
  });

  check('a deleted mailbox leaves its inferiors', async ({ store }, id) => {
    await store.createMailbox(id, 'a/b');
    await store.deleteMailbox(await named(store, id, 'a'));
    assert.equal((await named(store, id, 'a/b')).name, 'a/b');
  });

  check('renames with inferiors, keeping UIDs', async ({ store }, id) => {
    await store.createMailbox(id, 'a/b/c');
    await store.createMailbox(id, 'ab');
    const before = await named(store, id, 'a/b');
    await store.append(before, [sampleMessage('1')]);
    assert.deepEqual(await store.renameMailbox(before, 'new/name'), { kind: 'ok' });
    const after = await named(store, id, 'new/name');
    assert.equal(after.uidValidity, before.uidValidity);
    assert.equal(after.messages, 1);
    await named(store, id, 'new/name/c');
    await named(store, id, 'new');
    assert.equal(await store.findMailbox(id, 'a/b/c'), undefined);
    assert.deepEqual(await store.renameMailbox(after, 'ab'), { kind: 'exists' });
  });

  check('INBOX stays when it is renamed', async ({ store }, id, inbox) => {
    await store.createMailbox(id, 'INBOX/sub');
    await store.append(inbox, [sampleMessage('1'), sampleMessage('2', ['\\Seen'])]);
    assert.deepEqual(await store.renameMailbox(inbox, 'old'), { kind: 'ok' });
    assert.equal((await named(store, id, 'INBOX')).messages, 0);
    const old = await named(store, id, 'old');
    assert.deepEqual([old.messages, old.unseen], [2, 1]);
    await named(store, id, 'INBOX/sub');
  });

  check('subscriptions outlive mailboxes', async ({ store }, id) => {
    await store.setSubscribed(id, 'gone', true);
    await store.setSubscribed(id, 'gone', true);
    await store.setSubscribed(id, 'Junk', false);
    const names = await store.listSubscriptions(id);
    assert.ok(names.includes('gone') && !names.includes('Junk'));
  });

  check('accounts do not see each other', async ({ store }, id, inbox) => {
    await store.append(inbox, [sampleMessage('1')]);
    assert.equal((await named(store, `${id}b`, 'INBOX')).messages, 0);
  });

  check('POP3 is for one at a time', async ({ store, other }, id) => {
    const lock = await store.acquirePop3Lock(id);
    assert.ok(lock !== undefined);
    assert.equal(await store.acquirePop3Lock(id), undefined);
    assert.equal(await other.acquirePop3Lock(id), undefined);
    const unrelated = await other.acquirePop3Lock(`${id}b`);
    await unrelated?.release();
    await lock.release();
    const next = await other.acquirePop3Lock(id);
    assert.ok(next !== undefined);
    await next.release();
  });
}
