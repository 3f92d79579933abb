import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import {
  briefOutcomes,
  clientDialogues,
  connectionOf,
  outgoingMessage,
  takeMessage,
} from '@staffetta/testing';
import type { SmtpConnectResult } from '@staffetta/core';
import { createSmtpConnector } from './connector.ts';

const dialogue = clientDialogues(createSmtpConnector);

function refused(result: SmtpConnectResult) {
  assert.ok(result.kind === 'refused', 'connected');
  return result;
}

const target = {
  host: 'mx.example.test',
  address: '127.0.0.1',
  ehloName: 'relay.test',
  tls: 'off',
} as const;

test('extensions are what EHLO lists', () =>
  dialogue(
    async (session) => {
      session.say('220-mx', '220 ESMTP');
      await session.hear(/^EHLO relay.test$/);
      session.say('250-mx hello', '250-SIZE 1000', '250-PIPELINING', '250 8BITMIME');
      await session.left();
    },
    async (result) => {
      const { extensions, tls, usable, messagesSent } = connectionOf(result);
      assert.deepEqual([...extensions.keys()], ['SIZE', 'PIPELINING', '8BITMIME']);
      assert.deepEqual([tls, usable, messagesSent], ['', true, 0]);
    },
  ));

test('a server that does not know EHLO gets HELO, and one command after another', () =>
  dialogue(
    async (session) => {
      session.say('220 old');
      await session.hear(/^EHLO /);
      session.say('502 what');
      await session.hear(/^HELO relay.test$/);
      session.say('250 hello');
      await takeMessage(session);
    },
    async (result) => {
      const { outcomes } = await connectionOf(result).send(outgoingMessage());
      assert.deepEqual(briefOutcomes(outcomes), ['delivered 250 2.0.0']);
    },
  ));

for (const [replies, stage, temporary] of [
  [['554 5.7.1 go away'], 'banner', false],
  [['421 busy'], 'banner', true],
  [['220 mx', '421 4.7.0 too many connections'], 'hello', true],
  [['220 mx', '550 no', '550 5.7.1 no'], 'hello', false],
] as const) {
  test(`${replies.at(-1)} at ${stage} is a refusal with its reply`, () =>
    dialogue(
      async (session) => {
        session.say(replies[0]);
        for (const reply of replies.slice(1)) await session.line().then(() => session.say(reply));
        await session.left();
      },
      async (result) => {
        const { reply, ...rest } = refused(result);
        assert.deepEqual([rest.stage, rest.temporary], [stage, temporary]);
        assert.equal(reply?.code, Number(replies.at(-1)!.slice(0, 3)));
        assert.equal(reply.host, 'mx.example.test');
      },
    ));
}

test('a server that closes before its banner, or sends garbage, is a temporary refusal', async () => {
  await dialogue(
    async (session) => session.end(),
    async (result) => {
      const { stage, temporary, reason, reply } = refused(result);
      assert.deepEqual([stage, temporary, reply], ['banner', true, undefined]);
      assert.equal(reason, 'the server closed the connection');
    },
  );
  await dialogue(
    async (session) => {
      session.say('SSH-2.0-OpenSSH_9.2');
      await session.left();
    },
    async (result) => assert.match(refused(result).reason, /not a reply/),
  );
});

test('nobody there is a temporary refusal', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const result = refused(await createSmtpConnector().connect({ ...target, port }));
  assert.deepEqual([result.stage, result.temporary], ['connect', true]);
  assert.match(result.reason, /ECONNREFUSED/);
});

test('the local address is that of the target', () =>
  dialogue(
    async (session) => session.greet(),
    async (result) => void connectionOf(result),
    { target: { localAddress: '127.0.0.7' } },
  ));

test('connecting can be given up, before it began and while the banner is awaited', async () => {
  const given = refused(
    await createSmtpConnector().connect({ ...target, port: 9 }, { signal: AbortSignal.abort() }),
  );
  assert.equal(given.stage, 'connect');
  const controller = new AbortController();
  const server = createServer(() => controller.abort()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const late = await createSmtpConnector().connect(
    { ...target, port },
    { signal: controller.signal },
  );
  assert.equal(refused(late).reason, 'connecting was given up');
  server.close();
});
