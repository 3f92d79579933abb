import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { ALL, named, sampleMessage } from './contract-samples.ts';
import type { Check } from './contract-samples.ts';

/** What others see of a change, and when. */
export function changeChecks(check: Check): void {
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
