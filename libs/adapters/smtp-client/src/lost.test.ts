import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  briefOutcomes,
  clientDialogues,
  connectionOf,
  outgoingMessage,
  sendingOne,
  takeMessage,
} from '@staffetta/testing';
import type { ScriptedSmtpSession } from '@staffetta/testing';
import { createSmtpConnector } from './connector.ts';

const dialogue = clientDialogues(createSmtpConnector);

async function upToContent(session: ScriptedSmtpSession): Promise<void> {
  await session.greet('PIPELINING');
  await session.hear(/^MAIL /);
  await session.hear(/^RCPT /);
  await session.hear(/^DATA$/);
  session.say('250 Ok', '250 Ok', '354 Go on');
}

for (const how of ['end', 'reset'] as const) {
  test(`${how} after the final dot is uncertain`, () =>
    dialogue(
      async (session) => {
        await upToContent(session);
        await session.content();
        session[how]();
      },
      sendingOne(outgoingMessage(), (outcomes, connection) => {
        assert.deepEqual(briefOutcomes(outcomes), ['uncertain']);
        assert.ok(!connection.usable);
      }),
    ));

  test(`${how} in the middle of large content has failed: the final dot was never sent`, () =>
    dialogue(
      async (session) => {
        await upToContent(session);
        session.pause();
        session[how]();
      },
      sendingOne(
        outgoingMessage(['a@x.test'], { body: Buffer.alloc(32 * 1024 * 1024, 'x') }),
        (outcomes) => assert.deepEqual(briefOutcomes(outcomes), ['failed']),
      ),
    ));
}

test('a server that closed between messages: failed, unanswered, and the reason', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await takeMessage(session);
      await session.hear(/^MAIL /);
      session.end();
    },
    async (result) => {
      const connection = connectionOf(result);
      await connection.send(outgoingMessage());
      const sent = await connection.send(outgoingMessage());
      assert.ok(sent.unanswered);
      assert.deepEqual(sent.outcomes, [
        { kind: 'failed', reason: 'the server closed the connection' },
      ]);
    },
  ));

test('closed before 354 has failed, and whoever was refused stays refused', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      session.say('250 Ok', '550 5.1.1 unknown', '250 Ok');
      await session.hear(/^RCPT /);
      session.end();
    },
    sendingOne(outgoingMessage(['a@x.test', 'b@x.test']), (outcomes) =>
      assert.deepEqual(briefOutcomes(outcomes), ['rejected-permanent 550 5.1.1', 'failed']),
    ),
  ));

test('cut by us: failed before the final dot, uncertain after it', async () => {
  const heard = Promise.withResolvers<void>();
  await dialogue(
    async (session) => {
      await upToContent(session);
      await session.content();
      heard.resolve();
      await session.left();
    },
    async (result) => {
      const connection = connectionOf(result);
      const sent = connection.send(outgoingMessage());
      await heard.promise;
      connection.destroy();
      assert.deepEqual(briefOutcomes((await sent).outcomes), ['uncertain']);
    },
  );
  await dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.left();
    },
    async (result) => {
      const connection = connectionOf(result);
      const sent = connection.send(outgoingMessage());
      connection.destroy();
      assert.deepEqual(briefOutcomes((await sent).outcomes), ['failed']);
    },
  );
});

test('garbage in place of a reply fails', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      session.raw('\x16\x03\x01 garbage\r\n');
      await session.left();
    },
    sendingOne(outgoingMessage(), (outcomes) => {
      assert.ok(outcomes[0]?.kind === 'failed');
      assert.match(outcomes[0].reason, /not a reply/);
    }),
  ));

for (const [command, replies] of [
  ['MAIL FROM', ['354 what']],
  ['RCPT TO', ['250 Ok', '354 what']],
  ['DATA', ['250 Ok', '250 Ok', '250 what']],
] as const) {
  test(`a reply to ${command} that makes no sense fails`, () =>
    dialogue(
      async (session) => {
        await session.greet('PIPELINING');
        await session.hear(/^MAIL /);
        session.say(...replies);
        await session.left();
      },
      sendingOne(outgoingMessage(), (outcomes, connection) => {
        assert.ok(outcomes[0]?.kind === 'failed');
        assert.equal(outcomes[0].reply?.command, command);
        assert.ok(!connection.usable);
      }),
    ));
}

test('a reply too many ends the session before it is out of step', () =>
  dialogue(
    async (session) => {
      await upToContent(session);
      await session.content();
      session.say('250 2.0.0 Ok', '250 2.0.0 Ok again');
      await session.left();
    },
    async (result) => {
      const connection = connectionOf(result);
      assert.deepEqual(briefOutcomes((await connection.send(outgoingMessage())).outcomes), [
        'delivered 250 2.0.0',
      ]);
      await connection.closed;
      assert.ok(!connection.usable);
    },
  ));

test('a reply before the end of the content counts, and the rest is not sent', () =>
  dialogue(
    async (session) => {
      await upToContent(session);
      session.say('552 5.3.4 too large');
      await session.left();
    },
    sendingOne(
      outgoingMessage(['a@x.test'], { body: Buffer.alloc(64 * 1024 * 1024, 'x') }),
      (outcomes) => assert.deepEqual(briefOutcomes(outcomes), ['rejected-permanent 552 5.3.4']),
    ),
  ));

test('replies that end with a bare LF are understood', () =>
  dialogue(
    async (session) => {
      session.raw('220-mx\n220 ready\n');
      await session.hear(/^EHLO /);
      session.raw('250-mx\n250 PIPELINING\n');
      await session.hear(/^MAIL /);
      session.raw('250 Ok\n250 Ok\n354 Go\n');
      await session.hear(/^RCPT /);
      await session.hear(/^DATA$/);
      await session.content();
      session.raw('250 2.0.0 Ok\n');
    },
    sendingOne(outgoingMessage(), (outcomes) =>
      assert.deepEqual(briefOutcomes(outcomes), ['delivered 250 2.0.0']),
    ),
  ));

test('what may not be ended any more gets no final dot', () =>
  dialogue(
    async (session) => {
      await upToContent(session);
      await session.left();
      assert.ok(!session.unread.includes('.\r\n'));
    },
    sendingOne({ ...outgoingMessage(), mayEnd: () => false }, (outcomes, connection) => {
      assert.deepEqual(briefOutcomes(outcomes), ['failed']);
      assert.ok(!connection.usable);
    }),
  ));

test('whether the reply to the final dot is awaited is known', () => {
  let goOn: () => void = () => undefined;
  const looked = new Promise<void>((resolve) => (goOn = resolve));
  return dialogue(
    async (session) => {
      await upToContent(session);
      await session.content();
      await looked;
      session.say('250 2.0.0 Ok');
    },
    async (result) => {
      const connection = connectionOf(result);
      assert.equal(connection.awaitsFinalReply, false);
      const sent = connection.send(outgoingMessage());
      while (!connection.awaitsFinalReply) await new Promise((resolve) => setTimeout(resolve, 5));
      goOn();
      assert.deepEqual(briefOutcomes((await sent).outcomes), ['delivered 250 2.0.0']);
      assert.equal(connection.awaitsFinalReply, false);
    },
  );
});

test('who draws a 421 at RCPT is told apart from those beside it', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      session.say('250 Ok', '250 Ok', '421 4.7.0 not for him');
      await session.left();
    },
    sendingOne(outgoingMessage(['a@x.test', 'b@x.test', 'c@x.test']), (outcomes) => {
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        ['failed', 'rejected-temporary', 'failed'],
      );
    }),
  ));
