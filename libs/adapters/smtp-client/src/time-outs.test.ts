import assert from 'node:assert/strict';
import { test } from 'node:test';
import { briefOutcomes, clientDialogues, connectionOf, outgoingMessage } from '@staffetta/testing';
import type { SmtpConnectResult } from '@staffetta/core';
import type { ScriptedSmtpSession, SmtpScript } from '@staffetta/testing';
import { createSmtpConnector } from './connector.ts';
import type { SmtpTimeouts } from './options.ts';

const dialogue = clientDialogues(createSmtpConnector);

const SHORT_MS = 60;

const silent: SmtpScript = async (session) => session.left();

/** Says nothing more after so many replies of an envelope. */
function silentAfter(...replies: readonly string[]): SmtpScript {
  return async (session) => {
    await session.greet('PIPELINING');
    await session.hear(/^MAIL /);
    if (replies.length > 0) session.say(...replies);
    await session.left();
  };
}

async function refusedFor(result: SmtpConnectResult, reason: RegExp): Promise<void> {
  assert.ok(result.kind === 'refused' && result.temporary);
  assert.match(result.reason, reason);
}

function timeouts(changed: Partial<SmtpTimeouts>): { timeouts: Partial<SmtpTimeouts> } {
  return { timeouts: changed };
}

test('no banner in time', () =>
  dialogue(
    silent,
    (result) => refusedFor(result, /^no banner within 0.06 s$/),
    timeouts({ bannerMs: SHORT_MS }),
  ));

test('no reply to EHLO in time', () =>
  dialogue(
    async (session) => {
      session.say('220 mx');
      await session.left();
    },
    (result) => refusedFor(result, /^no reply to EHLO within/),
    timeouts({ helloMs: SHORT_MS }),
  ));

test('no TLS handshake in time', () =>
  dialogue(
    async (session) => {
      await session.greet('STARTTLS');
      await session.hear(/^STARTTLS$/);
      session.say('220 go');
      await session.left();
    },
    (result) => refusedFor(result, /^no TLS handshake within/),
    { ...timeouts({ startTlsMs: SHORT_MS }), target: { tls: 'opportunistic' } },
  ));

for (const [what, script, changed] of [
  ['MAIL FROM', silentAfter(), { mailMs: SHORT_MS }],
  ['RCPT TO', silentAfter('250 Ok'), { rcptMs: SHORT_MS }],
  ['DATA', silentAfter('250 Ok', '250 Ok'), { dataMs: SHORT_MS }],
] as const) {
  test(`no reply to ${what} in time has failed`, () =>
    dialogue(
      script,
      async (result) => {
        const { outcomes } = await connectionOf(result).send(outgoingMessage());
        assert.deepEqual(outcomes, [
          { kind: 'failed', reason: `no reply to ${what} within 0.06 s` },
        ]);
      },
      timeouts(changed),
    ));
}

test('no reply to the final dot in time is uncertain', () =>
  dialogue(
    silentAfter('250 Ok', '250 Ok', '354 Go on'),
    async (result) => {
      const { outcomes } = await connectionOf(result).send(outgoingMessage());
      assert.deepEqual(outcomes, [
        { kind: 'uncertain', reason: 'no reply to the final dot within 0.06 s' },
      ]);
    },
    timeouts({ endOfDataMs: SHORT_MS }),
  ));

test('a reply an octet at a time has no more time than any other', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      const dripping = setInterval(() => session.raw('2'), 20);
      await session.left();
      clearInterval(dripping);
    },
    async (result) => {
      const { outcomes } = await connectionOf(result).send(outgoingMessage());
      assert.deepEqual(outcomes, [
        { kind: 'failed', reason: 'no reply to MAIL FROM within 0.06 s' },
      ]);
    },
    timeouts({ mailMs: SHORT_MS }),
  ));

test('content that the server does not take has failed', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      session.pause();
      session.say('250 Ok', '250 Ok', '354 Go on');
      await session.left();
    },
    async (result) => {
      const body = Buffer.alloc(32 * 1024 * 1024, 'x');
      const { outcomes } = await connectionOf(result).send(outgoingMessage(['a@x.test'], { body }));
      assert.deepEqual(outcomes, [
        { kind: 'failed', reason: 'no progress of the content within 0.06 s' },
      ]);
    },
    timeouts({ blockMs: SHORT_MS }),
  ));

test('content that its source does not give has failed', () =>
  dialogue(
    silentAfter('250 Ok', '250 Ok', '354 Go on'),
    async (result) => {
      const stuck = Promise.withResolvers<void>();
      const body = async function* () {
        yield Buffer.from('Subject: hi\r\n');
        await stuck.promise;
      };
      const { outcomes } = await connectionOf(result).send(
        outgoingMessage(['a@x.test'], { body, sizeBytes: 1_000 }),
      );
      assert.deepEqual(briefOutcomes(outcomes), ['failed']);
      stuck.resolve();
    },
    timeouts({ blockMs: SHORT_MS }),
  ));

test('a time-out of one step does not run on in the next', () =>
  dialogue(
    async (session) => {
      const slowly = async (reply: string) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        session.say(reply);
      };
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      for (const reply of ['250 Ok', '250 Ok', '354 Go']) await slowly(reply);
      await slowly('250 2.0.0 Ok');
    },
    async (result) => {
      const { outcomes } = await connectionOf(result).send(outgoingMessage());
      assert.deepEqual(briefOutcomes(outcomes), ['delivered 250 2.0.0']);
    },
    timeouts({ mailMs: 700, rcptMs: 700, dataMs: 700, endOfDataMs: 700 }),
  ));

for (const [what, afterQuit] of [
  ['does not answer QUIT', (): void => undefined],
  ['answers QUIT and stays', (session: ScriptedSmtpSession): void => session.say('221 Bye')],
] as const) {
  test(`a server that ${what} is left in time`, () =>
    dialogue(
      async (session) => {
        await session.greet('PIPELINING');
        await session.hear(/^QUIT$/);
        afterQuit(session);
        await session.left();
      },
      (result) => connectionOf(result).close(),
      timeouts({ quitMs: SHORT_MS }),
    ));
}
