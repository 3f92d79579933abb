import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  LocalCopy,
  LocalDeliveryStore,
  Log,
  MailEvent,
  MailStore,
  TakenLane,
} from '@staffetta/core';
import { sampleMessage } from '../mail-store/contract-samples.ts';
import { acceptedEvent, readTopic, sampleRecord } from './log-samples.ts';

/** A store made for one check: no accounts, beside an empty log. */
export interface MadeLocalDeliveryStore {
  readonly store: LocalDeliveryStore;
  readonly mailStore: MailStore;
  readonly log: Log;
  readonly localLanes: number;
  /** All lanes of `local`. */
  readonly lanes: readonly TakenLane[];
  account(): Promise<string>;
  removeAccount(accountId: string): Promise<void>;
  /** The position that is saved for a lane. */
  positionOf(lane: number): Promise<number>;
  /** Everything that was told. */
  told(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const NOTHING = { copies: [], events: [], records: [], lanes: [] };
const GHOST = '00000000-0000-4000-8000-000000000000';

function copyFor(accountId: string, text: string): LocalCopy {
  return { accountId, message: sampleMessage(text) };
}

function deliveredEvents(): readonly MailEvent[] {
  const accepted = acceptedEvent(sampleRecord('arrived', { topic: 'local' }));
  const { messageId, tenantId, atMs } = accepted;
  return [accepted, { type: 'delivered', messageId, tenantId, recipient: 1, atMs }];
}

async function inboxOf(
  { mailStore }: MadeLocalDeliveryStore,
  accountId: string,
): Promise<readonly number[]> {
  const inbox = await mailStore.findMailbox(accountId, 'INBOX');
  return inbox ? [...((await mailStore.select(inbox, true))?.uids ?? [])] : [];
}

/** What every adapter of the LocalDeliveryStore port promises. `make` is called for each check. */
export function localDeliveryStoreContract(
  label: string,
  make: () => Promise<MadeLocalDeliveryStore>,
): void {
  const check = (title: string, body: (made: MadeLocalDeliveryStore) => Promise<void>): void => {
    void test(`${label}: ${title}`, async () => {
      const made = await make();
      try {
        await body(made);
      } finally {
        await made.stop();
      }
    });
  };

  check('copies, events and positions become true', async (made) => {
    const { store, lanes } = made;
    const [ada, bob] = [await made.account(), await made.account()];
    const settled = await store.settle({
      copies: [copyFor(ada, '1'), copyFor(bob, '2'), copyFor(ada, '3')],
      events: deliveredEvents(),
      records: [],
      lanes: [{ lease: lanes[0]!, from: 1, position: 3 }],
    });
    assert.deepEqual(settled, { kind: 'ok' });
    assert.deepEqual([await inboxOf(made, ada), await inboxOf(made, bob)], [[1, 2], [1]]);
    assert.equal(await made.positionOf(lanes[0]!.lane), 3);
    assert.deepEqual(await made.told(), ['accepted', 'delivered']);
    const names = (await made.mailStore.listMailboxes(ada)).map(({ name }) => name);
    assert.ok(names.includes('Trash'));
  });

  check('a lane of another owner or epoch takes everything back', async (made) => {
    const ada = await made.account();
    const [, lane, other] = made.lanes;
    const stale = { ...lane!, epoch: lane!.epoch - 1 };
    const settled = await made.store.settle({
      ...NOTHING,
      copies: [copyFor(ada, '1')],
      lanes: [
        { lease: other!, from: 1, position: 9 },
        { lease: stale, from: 1, position: 9 },
      ],
    });
    assert.deepEqual(settled, { kind: 'lost', leases: [stale] });
    assert.deepEqual(await inboxOf(made, ada), []);
    const positions = [await made.positionOf(lane!.lane), await made.positionOf(other!.lane)];
    assert.deepEqual(positions, [1, 1]);
  });

  check('what was written without being confirmed is not written again', async (made) => {
    const ada = await made.account();
    const lease = made.lanes[3]!;
    const copies = [copyFor(ada, '1')];
    const settlement = { ...NOTHING, copies, lanes: [{ lease, from: 1, position: 2 }] };
    assert.deepEqual(await made.store.settle(settlement), { kind: 'ok' });
    const moved = { kind: 'moved', lanes: [{ lease, position: 2 }] };
    assert.deepEqual(await made.store.settle(settlement), moved);
    assert.deepEqual(await inboxOf(made, ada), [1]);
  });

  check('accounts that are not there are named, nothing is stored or told', async (made) => {
    const [ada, gone] = [await made.account(), await made.account()];
    assert.deepEqual(await made.store.settle({ ...NOTHING, copies: [copyFor(gone, '0')] }), {
      kind: 'ok',
    });
    await made.removeAccount(gone);
    for (const missing of [[GHOST, 'no uuid'], [gone]]) {
      const copies = [ada, ...missing].map((id) => copyFor(id, '1'));
      const settled = await made.store.settle({ ...NOTHING, copies, events: deliveredEvents() });
      assert.deepEqual(settled, { kind: 'gone', accountIds: missing });
    }
    assert.deepEqual(await inboxOf(made, ada), []);
    assert.deepEqual(await made.told(), []);
  });

  check('what follows is appended', async (made) => {
    const record = sampleRecord(await made.account(), { topic: 'local' });
    await made.store.settle({ ...NOTHING, copies: [copyFor(record.key, '1')], records: [record] });
    const found = await readTopic(made.log, 'local', made.localLanes);
    assert.deepEqual(
      found.map(({ envelope }) => envelope.messageId),
      [record.envelope.messageId],
    );
  });
}
