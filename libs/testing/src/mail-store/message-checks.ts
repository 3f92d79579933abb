import assert from 'node:assert/strict';
import { ALL, HEADER, given, named, sampleMessage, uidsOf } from './contract-samples.ts';
import type { Check } from './contract-samples.ts';

/** Messages, flags and counts. */
export function messageChecks(check: Check): void {
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
