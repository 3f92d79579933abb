import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  briefOutcomes,
  clientDialogues,
  connectionOf,
  outgoingMessage,
  sendingOne,
} from '@staffetta/testing';
import type { SmtpScript } from '@staffetta/testing';
import { createSmtpConnector } from './connector.ts';

const dialogue = clientDialogues(createSmtpConnector);

const lmtp = { target: { lmtp: true } };

/** Replies to RCPT, then to the final dot. */
function answering(rcpt: readonly string[], end: readonly string[]): SmtpScript {
  return async (session) => {
    session.say('220 lmtp');
    await session.hear(/^LHLO relay.test$/);
    session.say('250-lmtp', '250 PIPELINING');
    await session.hear(/^MAIL /);
    for (const _ of rcpt) await session.hear(/^RCPT /);
    await session.hear(/^DATA$/);
    session.say('250 Ok', ...rcpt, '354 Go on');
    await session.content();
    session.say(...end);
  };
}

test('each accepted recipient has its own reply to the final dot', () =>
  dialogue(
    answering(
      ['250 Ok', '550 5.1.1 unknown', '250 Ok'],
      ['250 2.0.0 stored', '452 4.2.2 mailbox full'],
    ),
    sendingOne(outgoingMessage(['a@x.test', 'b@x.test', 'c@x.test']), (outcomes) =>
      assert.deepEqual(briefOutcomes(outcomes), [
        'delivered 250 2.0.0',
        'rejected-permanent 550 5.1.1',
        'rejected-temporary 452 4.2.2',
      ]),
    ),
    lmtp,
  ));

test('lost between two replies to the final dot: the second is uncertain', () =>
  dialogue(
    answering(['250 Ok', '250 Ok'], ['250 2.0.0 stored']),
    sendingOne(outgoingMessage(['a@x.test', 'b@x.test']), (outcomes) =>
      assert.deepEqual(briefOutcomes(outcomes), ['delivered 250 2.0.0', 'uncertain']),
    ),
    lmtp,
  ));

test('354 for nobody has no reply to wait for', () =>
  dialogue(
    async (session) => {
      session.say('220 lmtp');
      await session.hear(/^LHLO /);
      session.say('250-lmtp', '250 PIPELINING');
      await session.hear(/^MAIL /);
      session.say('250 Ok', '550 5.1.1 unknown', '354 Go on');
      await session.left();
    },
    async (result) => {
      const connection = connectionOf(result);
      const { outcomes } = await connection.send(outgoingMessage());
      assert.deepEqual(briefOutcomes(outcomes), ['rejected-permanent 550 5.1.1']);
      assert.ok(!connection.usable);
    },
    lmtp,
  ));

test('a server that refuses LHLO gets no HELO', () =>
  dialogue(
    async (session) => {
      session.say('220 smtp');
      await session.hear(/^LHLO /);
      session.say('500 what');
      assert.equal(await session.line(), undefined);
    },
    async (result) => assert.ok(result.kind === 'refused' && result.stage === 'hello'),
    lmtp,
  ));
