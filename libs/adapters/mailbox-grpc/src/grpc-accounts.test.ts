import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Accounts, Authentication, FoundRecipient } from '@staffetta/core';
import { GrpcChannel, GrpcServer } from '@staffetta/grpc';
import { GrpcAccounts } from './grpc-accounts.ts';
import { MailboxOffer } from './mailbox-offer.ts';
import { MAILBOX_METHODS } from './methods.ts';

const HOST = '127.0.0.1';
const FOUND: Readonly<Record<string, FoundRecipient>> = {
  'ada@local.test': {
    kind: 'account',
    accountId: '7',
    address: 'Ada@local.test',
    tenantId: 'default',
  },
  'all@local.test': { kind: 'alias', targets: ['ada@local.test'], tenantId: 'default' },
  'x@relay.test': { kind: 'relay', nextHop: 'hop:25', tenantId: 'other' },
  'no@local.test': { kind: 'unknown' },
  'x@elsewhere.test': { kind: 'foreign' },
};
const SUBMITTERS: Readonly<Record<string, Authentication>> = {
  'ada@local.test': {
    kind: 'ok',
    submitter: {
      kind: 'account',
      accountId: '7',
      address: 'Ada@local.test',
      tenantId: 'default',
      sendsAs: ['ada@local.test', 'all@local.test'],
    },
  },
  app: { kind: 'ok', submitter: { kind: 'credential', name: 'app', tenantId: 't', bulk: true } },
  busy: { kind: 'unavailable' },
};

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Known {
  readonly remote: GrpcAccounts;
  /** Questions about passwords that came through. */
  readonly asked: string[];
  nowMs: number;
  /** While it is there, answers wait for it. */
  hold: Promise<void> | undefined;
  readonly server: GrpcServer;
}

async function scene(): Promise<Known> {
  const asked: string[] = [];
  const accounts: Accounts = {
    find: async (addresses) => addresses.map((address) => FOUND[address] ?? { kind: 'foreign' }),
    async authenticate(user, password) {
      asked.push(user);
      await known.hold;
      const right = password === 'right';
      return right ? (SUBMITTERS[user] ?? { kind: 'refused' }) : { kind: 'refused' };
    },
  };
  const offers = [new MailboxOffer(accounts, () => false)];
  const server = new GrpcServer({ addresses: [HOST], port: 0, offers, isReady: () => true });
  const port = await server.start();
  ends.push(() => server.stop());
  const channel = new GrpcChannel({ targets: { host: HOST, port }, methods: MAILBOX_METHODS });
  ends.push(() => channel.close());
  const remote = new GrpcAccounts(channel, { now: () => known.nowMs });
  const known: Known = { remote, asked, nowMs: 1_000, hold: undefined, server };
  return known;
}

test('recipients and submitters arrive as they are', async () => {
  const { remote } = await scene();
  const addresses = Object.keys(FOUND);
  assert.deepEqual(await remote.find(addresses), Object.values(FOUND));
  for (const [user, answer] of Object.entries(SUBMITTERS)) {
    assert.deepEqual(await remote.authenticate(user, 'right'), answer);
  }
  assert.deepEqual(await remote.authenticate('app', 'wrong'), { kind: 'refused' });
  const many = Array.from({ length: 501 }, () => 'a');
  await assert.rejects(remote.find(many), { message: /more than 500 addresses/ });
});

test('a right password is asked for once a minute, and again when the directory changes', async () => {
  const known = await scene();
  const { remote, asked } = known;
  await Promise.all([1, 2, 3].map(() => remote.authenticate('app', 'right')));
  await remote.authenticate('app', 'right');
  assert.equal(asked.length, 1);
  known.nowMs += 59_999;
  await remote.authenticate('app', 'right');
  assert.equal(asked.length, 1);
  known.nowMs += 1;
  await remote.authenticate('app', 'right');
  assert.equal(asked.length, 2);
  remote.forget();
  await remote.authenticate('app', 'right');
  assert.equal(asked.length, 3);
  await remote.authenticate('app', 'wrong');
  await remote.authenticate('app', 'wrong');
  assert.equal(asked.length, 5);
});

test('an answer to a question from before a change is not kept', async () => {
  const known = await scene();
  const { remote, asked } = known;
  const hold = Promise.withResolvers<void>();
  known.hold = hold.promise;
  const before = remote.authenticate('app', 'right');
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  remote.forget();
  known.hold = undefined;
  hold.resolve();
  assert.equal((await before).kind, 'ok');
  await remote.authenticate('app', 'right');
  assert.equal(asked.length, 2);
});

test('nobody there is no reason to refuse', async () => {
  const { remote, server } = await scene();
  await server.stop();
  assert.deepEqual(await remote.authenticate('app', 'right'), { kind: 'unavailable' });
  await assert.rejects(remote.find(['a']), { name: 'ServiceUnavailable', service: 'mailbox' });
});
