import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { DEFAULT_MAILBOXES } from '@staffetta/core';
import type { GivenUids, Mailbox, MailboxGone, MailStore, NewMessage } from '@staffetta/core';

/** What a contract runs against: two views of one store (two processes, where it has such). */
export interface MadeMailStore {
  readonly store: MailStore;
  readonly other: MailStore;
  stop(): Promise<void>;
}

const ALL = [{ first: 1, last: 0xffff_ffff }];
const HEADER = 'Subject: x\r\n\r\n';

/** A message with this text. */
export function sampleMessage(text: string, flags: readonly string[] = []): NewMessage {
  return {
    prefix: Buffer.from('Delivered-To: a@example.com\r\n'),
    body: Buffer.from(`${HEADER}${text}\r\n`),
    bodyHeaderBytes: HEADER.length,
    structure: `{"about":"${text}"}`,
    flags,
    internalDateMs: 1_700_000_000_000,
  };
}

let accounts = 0;

/** What every adapter of the MailStore port promises. `make` is called for each test. */
export function mailStoreContract(label: string, make: () => Promise<MadeMailStore>): void {
  const check = (
    title: string,
    body: (made: MadeMailStore, accountId: string, inbox: Mailbox) => Promise<void>,
  ): void => {
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

type Check = (
  title: string,
  body: (made: MadeMailStore, accountId: string, inbox: Mailbox) => Promise<void>,
) => void;

async function named(store: MailStore, accountId: string, name: string): Promise<Mailbox> {
  const mailbox = await store.findMailbox(accountId, name);
  assert.ok(mailbox !== undefined, `no mailbox ${name}`);
  return mailbox;
}

function given(result: GivenUids | MailboxGone): GivenUids {
  assert.equal(result.kind, 'ok');
  return result as GivenUids;
}

async function uidsOf(store: MailStore, mailbox: Mailbox): Promise<number[]> {
  return [...((await store.select(mailbox, true))?.uids ?? [])];
}

function mailboxChecks(check: Check): void {
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

function messageChecks(check: Check): void {
  check('gives back what was appended', async ({ store }, id, inbox) => {
    const message = sampleMessage('hello', ['\\Seen', 'Custom']);
    const { uidValidity, to } = given(await store.append(inbox, [message]));
    assert.equal(uidValidity, inbox.uidValidity);
    const columns = { structure: true, header: true };
    const [row] = await store.fetch(inbox, ALL, columns, 10);
    assert.ok(row !== undefined);
    assert.equal(row.uid, to[0]);
    assert.deepEqual([...row.flags].sort(), ['Custom', '\\Seen']);
    assert.equal(row.internalDateMs, message.internalDateMs);
    assert.equal(row.sizeBytes, message.prefix.length + message.body.length);
    assert.equal(row.endsWithCrlf, true);
    assert.equal(row.structure, message.structure);
    assert.deepEqual(row.prefix, message.prefix);
    assert.equal(row.bodyHeader.toString(), HEADER);
    assert.equal(row.bodyHeaderBytes, HEADER.length);
    assert.deepEqual(await store.readBody(id, row.bodyRef, 0, 1_000), message.body);
    const middle = await store.readBody(id, row.bodyRef, HEADER.length, 5);
    assert.equal(middle.toString(), 'hello');
    assert.equal((await store.readBody(id, row.bodyRef, 1_000, 5)).length, 0);
  });

  check('any octets, and large ones, stay as they are', async ({ store }, id, inbox) => {
    const octets = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const body = Buffer.concat(Array.from({ length: 12_000 }, () => octets));
    const empty = { ...sampleMessage(''), prefix: Buffer.alloc(0), body: Buffer.alloc(0) };
    await store.append(inbox, [
      { ...sampleMessage('x'), body },
      { ...empty, bodyHeaderBytes: 0 },
    ]);
    const [row, none] = await store.fetch(inbox, ALL, {}, 10);
    const pieces: Buffer[] = [];
    for (let at = 0; at < body.length; at += 1_000_000) {
      pieces.push(await store.readBody(id, row?.bodyRef ?? '', at, 1_000_000));
    }
    assert.ok(Buffer.concat(pieces).equals(body));
    assert.deepEqual([row?.endsWithCrlf, none?.endsWithCrlf, none?.sizeBytes], [false, false, 0]);
    assert.equal((await store.readBody(id, none?.bodyRef ?? '', 0, 10)).length, 0);
  });

  check('fetches ranges in order, page by page', async ({ store }, _id, inbox) => {
    const messages = Array.from({ length: 10 }, (_, i) => sampleMessage(`${i}`));
    await store.append(inbox, messages);
    const ranges = [
      { first: 2, last: 4 },
      { first: 7, last: 7 },
      { first: 9, last: 99 },
    ];
    const page = await store.fetch(inbox, ranges, {}, 4);
    assert.deepEqual(
      page.map((row) => row.uid),
      [2, 3, 4, 7],
    );
    assert.equal(page[0]?.structure, '');
    assert.equal(page[0]?.bodyHeader.length, 0);
    const rest = await store.fetch(inbox, [{ first: 8, last: 99 }], {}, 100);
    assert.deepEqual(
      rest.map((row) => row.uid),
      [8, 9, 10],
    );
  });

  check('counts are exact after every change', async ({ store }, id, inbox) => {
    await store.append(inbox, [sampleMessage('1')]);
    await store.append(inbox, [sampleMessage('2'), sampleMessage('3', ['\\Seen'])]);
    const counts = async (name: string): Promise<number[]> => {
      const { messages, unseen, uidNext } = await named(store, id, name);
      return [messages, unseen, uidNext];
    };
    assert.deepEqual(await counts('INBOX'), [3, 2, 4]);
    await store.storeFlags(inbox, [{ first: 1, last: 1 }], 'add', ['\\Seen', '\\Deleted']);
    assert.deepEqual(await counts('INBOX'), [3, 1, 4]);
    await store.storeFlags(inbox, [{ first: 3, last: 3 }], 'remove', ['\\Seen']);
    assert.deepEqual(await counts('INBOX'), [3, 2, 4]);
    await store.copy(inbox, [{ first: 1, last: 2 }], await named(store, id, 'Trash'));
    assert.deepEqual(await counts('Trash'), [2, 1, 3]);
    await store.move(inbox, [{ first: 2, last: 2 }], await named(store, id, 'Junk'));
    assert.deepEqual([await counts('INBOX'), await counts('Junk')].flat(), [2, 1, 4, 1, 1, 2]);
    await store.expunge(inbox, ALL, 'deleted');
    assert.deepEqual(await counts('INBOX'), [1, 1, 4]);
    const rows = await store.fetch(inbox, ALL, {}, 10);
    assert.equal((await named(store, id, 'INBOX')).sizeBytes, rows[0]?.sizeBytes);
  });

  check('select tells UIDs, the first unseen and what is recent', async ({ store }, _id, inbox) => {
    await store.append(inbox, [sampleMessage('1', ['\\Seen']), sampleMessage('2')]);
    const peek = await store.select(inbox, true);
    assert.deepEqual([...(peek?.uids ?? [])], [1, 2]);
    assert.equal(peek?.firstUnseenUid, 2);
    assert.equal(peek.mailbox.recentFromUid, 1);
    assert.equal((await store.select(inbox, false))?.mailbox.recentFromUid, 1);
    assert.equal((await store.select(inbox, false))?.mailbox.recentFromUid, 3);
  });

  check('flags are added, removed, set; without case', async ({ store }, _id, inbox) => {
    await store.append(inbox, [sampleMessage('1', ['\\Seen', 'Work']), sampleMessage('2')]);
    const flagsOf = async (): Promise<string[]> =>
      [...((await store.fetch(inbox, ALL, {}, 1))[0]?.flags ?? [])].sort();
    await store.storeFlags(inbox, ALL, 'add', ['\\Flagged', 'WORK']);
    assert.deepEqual(await flagsOf(), ['Work', '\\Flagged', '\\Seen']);
    await store.storeFlags(inbox, ALL, 'remove', ['work', '\\Seen', 'other']);
    assert.deepEqual(await flagsOf(), ['\\Flagged']);
    await store.storeFlags(inbox, ALL, 'set', ['\\Draft']);
    assert.deepEqual(await flagsOf(), ['\\Draft']);
  });

  check('only what changes gets the new modseq', async ({ store }, _id, inbox) => {
    await store.append(inbox, [sampleMessage('1', ['\\Seen']), sampleMessage('2')]);
    const stored = await store.storeFlags(inbox, [{ first: 1, last: 9 }], 'add', ['\\Seen']);
    assert.equal(stored.kind, 'ok');
    if (stored.kind !== 'ok') return;
    const changed = stored.messages.filter((message) => message.modseq === stored.modseq);
    assert.deepEqual(
      [stored.messages.map((message) => message.uid), changed.map((message) => message.uid)],
      [[1, 2], [2]],
    );
    const conditional = await store.storeFlags(inbox, ALL, 'add', ['x'], stored.modseq - 1);
    assert.deepEqual(conditional.kind === 'ok' && conditional.unmodified, [2]);
  });

  check('copy keeps flags, date and content', async ({ store }, id, inbox) => {
    await store.append(inbox, [sampleMessage('1', ['\\Seen']), sampleMessage('2')]);
    const trash = await named(store, id, 'Trash');
    await store.append(trash, [sampleMessage('0')]);
    const { from, to, uidValidity } = given(await store.copy(inbox, ALL, trash));
    assert.deepEqual([from, to, uidValidity], [[1, 2], [2, 3], trash.uidValidity]);
    const columns = { structure: true };
    const [source] = await store.fetch(inbox, ALL, columns, 1);
    const copied = (await store.fetch(trash, ALL, columns, 9))[1];
    assert.deepEqual({ ...copied, uid: 1, modseq: 0 }, { ...source, uid: 1, modseq: 0 });
  });

  check('move takes exactly what was asked', async ({ store }, id, inbox) => {
    await store.append(
      inbox,
      ['1', '2', '3', '4'].map((text) => sampleMessage(text)),
    );
    await store.expunge(inbox, [{ first: 2, last: 2 }], 'any');
    const junk = await named(store, id, 'Junk');
    const { from, to } = given(await store.move(inbox, [{ first: 1, last: 3 }], junk));
    assert.deepEqual(
      [from, to],
      [
        [1, 3],
        [1, 2],
      ],
    );
    assert.deepEqual(await uidsOf(store, inbox), [4]);
    const within = given(await store.move(inbox, ALL, inbox));
    assert.deepEqual([within.from, within.to, await uidsOf(store, inbox)], [[4], [5], [5]]);
  });

  check('two movers never take the same message', async ({ store, other }, id, inbox) => {
    const messages = Array.from({ length: 20 }, (_, i) => sampleMessage(`${i}`));
    await store.append(inbox, messages);
    const junk = await named(store, id, 'Junk');
    const trash = await named(store, id, 'Trash');
    const [a, b] = await Promise.all([
      store.move(inbox, ALL, junk),
      other.move(inbox, ALL, trash),
      store.append(inbox, [sampleMessage('late')]),
    ]);
    const moved = [...given(a).from, ...given(b).from];
    assert.equal(new Set(moved).size, moved.length);
    const left = await uidsOf(store, inbox);
    assert.equal(moved.length + left.length, 21);
    const there = [await uidsOf(store, junk), await uidsOf(store, trash)].flat();
    assert.equal(there.length, moved.length);
  });

  check('expunge removes what is deleted, or what is named', async ({ store }, _id, inbox) => {
    await store.append(
      inbox,
      ['1', '2', '3'].map((text) => sampleMessage(text)),
    );
    await store.storeFlags(inbox, [{ first: 1, last: 2 }], 'add', ['\\Deleted']);
    const some = await store.expunge(inbox, [{ first: 2, last: 3 }], 'deleted');
    assert.deepEqual(some, { kind: 'ok', uids: [2] });
    assert.deepEqual(await store.expunge(inbox, [{ first: 3, last: 9 }], 'any'), {
      kind: 'ok',
      uids: [3],
    });
    assert.deepEqual(await uidsOf(store, inbox), [1]);
  });
}

function changeChecks(check: Check): void {
  check('tells what changed since', async ({ store, other }, _id, inbox) => {
    await store.append(
      inbox,
      ['1', '2', '3'].map((text) => sampleMessage(text)),
    );
    const since = (await store.select(inbox, true))?.mailbox.modseq ?? 0;
    const nothing = await store.changesSince(inbox, since);
    assert.deepEqual(nothing, {
      ...{ kind: 'changes', vanished: [], changed: [], modseq: since, uidNext: 4 },
    });
    await other.storeFlags(inbox, [{ first: 2, last: 2 }], 'add', ['\\Seen']);
    await other.expunge(inbox, [{ first: 1, last: 1 }], 'any');
    await other.append(inbox, [sampleMessage('4')]);
    const changes = await store.changesSince(inbox, since);
    assert.equal(changes.kind, 'changes');
    if (changes.kind !== 'changes') return;
    assert.deepEqual(changes.vanished, [1]);
    assert.deepEqual(
      changes.changed.map(({ uid, flags }) => [uid, flags]),
      [
        [2, ['\\Seen']],
        [4, []],
      ],
    );
    assert.equal(changes.uidNext, 5);
    const after = await store.changesSince(inbox, changes.modseq);
    assert.deepEqual(after.kind === 'changes' && [after.changed, after.vanished], [[], []]);
  });

  check('a change is seen by all who watch', async ({ store, other }, _id, inbox) => {
    const seen = new EventEmitter();
    const stops = [
      store.watch(inbox, () => seen.emit('here')),
      other.watch(inbox, () => seen.emit('there')),
    ];
    const both = Promise.all([once(seen, 'here'), once(seen, 'there')]);
    await store.append(inbox, [sampleMessage('1')]);
    await both;
    for (const stop of stops) stop();
  });

  check('a deleted mailbox is told to those who watch', async ({ store, other }, id) => {
    await store.createMailbox(id, 'x');
    const mailbox = await named(store, id, 'x');
    const seen = new EventEmitter();
    const stop = other.watch(mailbox, () => seen.emit('changed'));
    const changed = once(seen, 'changed');
    await store.deleteMailbox(mailbox);
    await changed;
    stop();
    assert.deepEqual(await other.changesSince(mailbox, 1), { kind: 'gone' });
    assert.equal(await store.select(mailbox, true), undefined);
    assert.deepEqual(await store.fetch(mailbox, ALL, {}, 10), []);
  });

  check('UIDs and modseqs become visible in order', async ({ store, other }, _id, inbox) => {
    let appending = true;
    const writers = Promise.all(
      [store, other, store, other].map(async (one, writer) => {
        for (let i = 0; i < 15; i++) {
          await one.append(inbox, [sampleMessage(`${writer}.${i}`), sampleMessage('x')]);
        }
      }),
    ).finally(() => {
      appending = false;
    });
    const seen = new Set<number>();
    let modseq = inbox.modseq;
    while (appending) {
      const changes = await other.changesSince(inbox, modseq);
      if (changes.kind !== 'changes') throw new Error(changes.kind);
      for (const { uid } of changes.changed) {
        assert.equal(uid, seen.size + 1, 'a UID was skipped');
        seen.add(uid);
      }
      modseq = changes.modseq;
    }
    await writers;
    const rest = await other.changesSince(inbox, modseq);
    const last = rest.kind === 'changes' ? rest.changed.length : 0;
    assert.equal(seen.size + last, 120);
  });
}
