import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  TEST_IDENTITY,
  briefOutcomes,
  clientDialogues,
  connectionOf,
  outgoingMessage,
  takeMessage,
} from '@staffetta/testing';
import type { SmtpTarget } from '@staffetta/core';
import type { SmtpScript } from '@staffetta/testing';
import { createSmtpConnector } from './connector.ts';

const dialogue = clientDialogues(createSmtpConnector);

const opportunistic: { target: Partial<SmtpTarget> } = { target: { tls: 'opportunistic' } };
const required: { target: Partial<SmtpTarget> } = { target: { tls: 'required' } };

const overTls: SmtpScript = async (session) => {
  await session.greet('STARTTLS', 'SIZE 1');
  await session.hear(/^STARTTLS$/);
  session.say('220 go');
  await session.startTls(TEST_IDENTITY);
  await session.helloWith('PIPELINING');
  await takeMessage(session);
  await session.hear(/^QUIT$/);
  session.say('221 Bye');
};

test('opportunistic TLS takes any certificate, and asks for the extensions again', () =>
  dialogue(
    overTls,
    async (result) => {
      const connection = connectionOf(result);
      assert.match(connection.tls, /^TLSv1\.3 TLS_/);
      assert.deepEqual([...connection.extensions.keys()], ['PIPELINING']);
      const sent = await connection.send(outgoingMessage());
      assert.deepEqual(briefOutcomes(sent.outcomes), ['delivered 250 2.0.0']);
      assert.ok(sent.tls);
      await connection.close();
    },
    opportunistic,
  ));

test('required TLS takes a certificate that is valid for the host', () =>
  dialogue(
    overTls,
    async (result) => {
      await connectionOf(result).send(outgoingMessage());
      await connectionOf(result).close();
    },
    { ...required, certificateAuthorities: [TEST_IDENTITY.cert] },
  ));

test('a server that leaves right after the handshake has failed at TLS', () =>
  dialogue(
    async (session) => {
      await session.greet('STARTTLS');
      await session.hear(/^STARTTLS$/);
      session.say('220 go');
      await session.startTls(TEST_IDENTITY);
      session.end();
    },
    async (result) => assert.ok(result.kind === 'refused' && result.stage === 'tls'),
    opportunistic,
  ));

for (const [why, options] of [
  ['that nobody vouches for', required],
  [
    'of another host',
    {
      target: { tls: 'required' as const, host: 'other.test' },
      certificateAuthorities: [TEST_IDENTITY.cert],
    },
  ],
] as const) {
  test(`required TLS refuses a certificate ${why}`, () =>
    dialogue(
      async (session) => {
        await session.greet('STARTTLS');
        await session.hear(/^STARTTLS$/);
        session.say('220 go');
        // TLS 1.3: the server's part ends before the client judges it.
        await session.startTls(TEST_IDENTITY).catch(() => undefined);
        assert.equal(await session.line(), undefined);
      },
      async (result) => {
        assert.ok(result.kind === 'refused');
        assert.deepEqual([result.stage, result.temporary], ['tls', true]);
      },
      options,
    ));
}

test('without STARTTLS: opportunistic goes on in the clear, required does not', async () => {
  const plain: SmtpScript = async (session) => {
    await session.greet('PIPELINING');
    await session.left();
  };
  await dialogue(
    plain,
    async (result) => assert.equal(connectionOf(result).tls, ''),
    opportunistic,
  );
  await dialogue(
    plain,
    async (result) => assert.ok(result.kind === 'refused' && result.stage === 'tls'),
    required,
  );
});

test('STARTTLS refused: opportunistic goes on in the clear, required does not', async () => {
  const refusing: SmtpScript = async (session) => {
    await session.greet('STARTTLS', 'PIPELINING');
    await session.hear(/^STARTTLS$/);
    session.say('454 4.7.0 no TLS now');
    await session.left();
  };
  await dialogue(
    refusing,
    async (result) => assert.equal(connectionOf(result).tls, ''),
    opportunistic,
  );
  await dialogue(
    refusing,
    async (result) => {
      assert.ok(result.kind === 'refused' && result.stage === 'tls' && result.temporary);
      assert.equal(result.reply?.code, 454);
    },
    required,
  );
});

test('a handshake that fails is told, so that the caller tries again in the clear', () =>
  dialogue(
    async (session) => {
      await session.greet('STARTTLS');
      await session.hear(/^STARTTLS$/);
      session.say('220 go');
      await session.received();
      session.raw('this is no TLS record at all\r\n');
      await session.left();
    },
    async (result) => {
      assert.ok(result.kind === 'refused');
      assert.deepEqual([result.stage, result.temporary, result.reply], ['tls', true, undefined]);
    },
    opportunistic,
  ));

test('what was said before TLS does not count after it (CVE-2011-0411)', () =>
  dialogue(
    async (session) => {
      await session.greet('STARTTLS');
      await session.hear(/^STARTTLS$/);
      session.say('220 go', '250-mx.example.test', '250 INJECTED');
      await session.startTls(TEST_IDENTITY);
      await session.helloWith('PIPELINING');
      await session.left();
    },
    async (result) => assert.deepEqual([...connectionOf(result).extensions.keys()], ['PIPELINING']),
    opportunistic,
  ));
