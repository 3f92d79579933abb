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
import { createSmtpConnector } from './connector.ts';

const dialogue = clientDialogues(createSmtpConnector);

test('with PIPELINING the envelope is said in one go, and the content after 354', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING', 'SIZE 0');
      await session.hear(/^MAIL FROM:<me@sender.test> SIZE=22$/);
      await session.hear(/^RCPT TO:<one@sink.test>$/);
      await session.hear(/^RCPT TO:<two@sink.test>$/);
      await session.hear(/^DATA$/);
      assert.equal(session.unread, '');
      session.say('250 2.1.0 Ok', '250 2.1.5 Ok', '250 2.1.5 Ok', '354 Go on');
      assert.equal(await session.content(), 'Subject: hi\r\n\r\nhello\r\n');
      session.say('250 2.0.0 queued as 1');
    },
    sendingOne(outgoingMessage(['one@sink.test', 'two@sink.test']), (outcomes) => {
      assert.deepEqual(outcomes[1], {
        kind: 'delivered',
        reply: {
          code: 250,
          enhanced: '2.0.0',
          text: 'queued as 1',
          host: 'mx.example.test',
          command: 'end of DATA',
        },
      });
      assert.deepEqual(briefOutcomes(outcomes), ['delivered 250 2.0.0', 'delivered 250 2.0.0']);
    }),
  ));

test('without PIPELINING each command waits for its reply', () =>
  dialogue(
    async (session) => {
      await session.greet('SIZE');
      await session.hear(/^MAIL /);
      assert.equal(session.unread, '');
      session.say('250 Ok');
      await session.hear(/^RCPT /);
      assert.equal(session.unread, '');
      session.say('550 5.1.1 no');
      await session.hear(/^RCPT /);
      session.say('251 will forward');
      await session.hear(/^DATA$/);
      session.say('354 Go on');
      await session.content();
      session.say('250 Ok');
    },
    sendingOne(outgoingMessage(['one@sink.test', 'two@sink.test']), (outcomes) =>
      assert.deepEqual(briefOutcomes(outcomes), ['rejected-permanent 550 5.1.1', 'delivered 250']),
    ),
  ));

test('each recipient has its own reply', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      session.say('250 Ok');
      for (const reply of ['250 Ok', '550 5.1.1 unknown', '452 4.5.3 too many'])
        await session.hear(/^RCPT /).then(() => session.say(reply));
      await session.hear(/^DATA$/);
      session.say('354 Go on');
      await session.content();
      session.say('451 4.3.0 later');
    },
    sendingOne(outgoingMessage(['a@x.test', 'b@x.test', 'c@x.test']), (outcomes, connection) => {
      assert.deepEqual(briefOutcomes(outcomes), [
        'rejected-temporary 451 4.3.0',
        'rejected-permanent 550 5.1.1',
        'rejected-temporary 452 4.5.3',
      ]);
      assert.ok(connection.usable);
    }),
  ));

test('a kept connection takes the next message without RSET', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await takeMessage(session);
      await takeMessage(session, 2);
      await session.hear(/^QUIT$/);
      session.say('221 Bye');
    },
    async (result) => {
      const connection = connectionOf(result);
      assert.deepEqual(briefOutcomes((await connection.send(outgoingMessage())).outcomes), [
        'delivered 250 2.0.0',
      ]);
      const second = await connection.send(outgoingMessage(['a@x.test', 'b@x.test']));
      assert.deepEqual(briefOutcomes(second.outcomes), [
        'delivered 250 2.0.0',
        'delivered 250 2.0.0',
      ]);
      assert.equal(connection.messagesSent, 2);
      await connection.close();
      assert.ok(!connection.usable);
    },
  ));

test('MAIL refused: its reply stands for all, and the session goes on', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      await session.hear(/^RCPT /);
      await session.hear(/^RCPT /);
      await session.hear(/^DATA$/);
      session.say('450 4.7.1 greylisted', '503 no MAIL', '503 no MAIL', '503 no RCPT');
      await takeMessage(session);
    },
    async (result) => {
      const connection = connectionOf(result);
      const { outcomes } = await connection.send(outgoingMessage(['a@x.test', 'b@x.test']));
      assert.deepEqual(briefOutcomes(outcomes), Array(2).fill('rejected-temporary 450 4.7.1'));
      assert.deepEqual(briefOutcomes((await connection.send(outgoingMessage())).outcomes), [
        'delivered 250 2.0.0',
      ]);
    },
  ));

for (const pipelining of [true, false]) {
  test(`all recipients refused ${pipelining ? 'with' : 'without'} PIPELINING: RSET goes before the next MAIL`, () =>
    dialogue(
      async (session) => {
        await session.greet(...(pipelining ? ['PIPELINING'] : []));
        await session.hear(/^MAIL /);
        session.say('250 Ok');
        await session.hear(/^RCPT /);
        session.say('550 5.1.1 unknown');
        if (pipelining) {
          await session.hear(/^DATA$/);
          session.say('554 5.5.1 no valid recipients');
        }
        await session.hear(/^RSET$/);
        session.say('250 Ok');
        await takeMessage(session);
      },
      async (result) => {
        const connection = connectionOf(result);
        const { outcomes } = await connection.send(outgoingMessage());
        assert.deepEqual(briefOutcomes(outcomes), ['rejected-permanent 550 5.1.1']);
        assert.deepEqual(briefOutcomes((await connection.send(outgoingMessage())).outcomes), [
          'delivered 250 2.0.0',
        ]);
      },
    ));
}

test('all recipients refused and 354 all the same: an empty message for nobody, its reply means nothing', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      await session.hear(/^RCPT /);
      await session.hear(/^DATA$/);
      session.say('250 Ok', '550 5.1.1 unknown', '354 Go on');
      assert.equal(await session.content(), '');
      session.say('250 2.0.0 taken');
      await takeMessage(session);
    },
    async (result) => {
      const connection = connectionOf(result);
      const { outcomes } = await connection.send(outgoingMessage());
      assert.deepEqual(briefOutcomes(outcomes), ['rejected-permanent 550 5.1.1']);
      assert.deepEqual(briefOutcomes((await connection.send(outgoingMessage())).outcomes), [
        'delivered 250 2.0.0',
      ]);
    },
  ));

test('DATA refused: for all that were taken at RCPT', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      session.say('250 Ok', '250 Ok', '550 5.1.1 unknown', '554 5.7.1 no');
      await session.left();
    },
    sendingOne(outgoingMessage(['a@x.test', 'b@x.test']), (outcomes) =>
      assert.deepEqual(briefOutcomes(outcomes), [
        'rejected-permanent 554 5.7.1',
        'rejected-permanent 550 5.1.1',
      ]),
    ),
  ));

test('421 ends the session at any time; what was not decided has failed', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      session.say('250 Ok', '550 5.1.1 unknown', '421 4.7.0 too fast');
      await session.left();
    },
    sendingOne(outgoingMessage(['a@x.test', 'b@x.test']), (outcomes, connection) => {
      assert.deepEqual(briefOutcomes(outcomes), [
        'rejected-permanent 550 5.1.1',
        'rejected-temporary 421 4.7.0',
      ]);
      assert.ok(!connection.usable);
    }),
  ));

test('421 to the final dot refuses the message, and ends the session', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await session.hear(/^MAIL /);
      session.say('250 Ok', '250 Ok', '354 Go on');
      await session.content();
      session.say('421 4.3.0 shutting down');
      await session.left();
    },
    sendingOne(outgoingMessage(), (outcomes, connection) => {
      assert.deepEqual(briefOutcomes(outcomes), ['rejected-temporary 421 4.3.0']);
      assert.ok(!connection.usable);
    }),
  ));

test('421 between messages: the connection is no longer usable', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await takeMessage(session);
      session.say('421 idle too long');
      await session.left();
    },
    async (result) => {
      const connection = connectionOf(result);
      await connection.send(outgoingMessage());
      await connection.closed;
      assert.ok(!connection.usable);
      const { outcomes, unanswered } = await connection.send(outgoingMessage());
      assert.deepEqual(briefOutcomes(outcomes), ['failed']);
      assert.ok(unanswered);
    },
  ));

test('a recipient that cannot be asked for does not keep the others', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await takeMessage(session);
    },
    sendingOne(outgoingMessage(['jürgen@x.test', 'a@x.test']), (outcomes) =>
      assert.deepEqual(briefOutcomes(outcomes), [
        'rejected-permanent 553 5.6.7',
        'delivered 250 2.0.0',
      ]),
    ),
  ));

test('a message that cannot be sent at all says nothing to the server', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING', 'SIZE 10');
      await session.hear(/^QUIT$/);
      session.say('221 Bye');
    },
    async (result) => {
      const connection = connectionOf(result);
      const { outcomes } = await connection.send(outgoingMessage());
      assert.deepEqual(briefOutcomes(outcomes), ['rejected-permanent 552 5.3.4']);
      await connection.close();
    },
  ));

test('DSN parameters are passed on where the server offers DSN, and the result says so', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING', 'DSN');
      await session.hear(/^MAIL FROM:<me@sender.test> RET=HDRS ENVID=e1$/);
      await session.hear(/^RCPT TO:<a@x.test> NOTIFY=SUCCESS ORCPT=rfc822;a@x.test$/);
      session.say('250 Ok', '250 Ok', '354 Go on');
      await session.hear(/^DATA$/);
      await session.content();
      session.say('250 Ok');
    },
    async (result) => {
      const recipients = [{ address: 'a@x.test', notify: 'SUCCESS', orcpt: 'rfc822;a@x.test' }];
      const sent = await connectionOf(result).send(
        outgoingMessage([], { recipients, envid: 'e1', ret: 'HDRS' }),
      );
      assert.deepEqual([sent.dsnRelayed, sent.tls, sent.converted], [true, false, false]);
    },
  ));

test('SMTPUTF8 addresses go as UTF-8', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING', '8BITMIME', 'SMTPUTF8');
      assert.match(
        Buffer.from(await session.hear(/^MAIL .* SMTPUTF8$/), 'latin1').toString(),
        /<jürgen@/,
      );
      assert.equal(
        Buffer.from(await session.hear(/^RCPT /), 'latin1').toString(),
        'RCPT TO:<用户@例え.test>',
      );
      session.say('250 Ok', '250 Ok', '354 Go on');
      await session.hear(/^DATA$/);
      await session.content();
      session.raw(Buffer.from('250 2.0.0 Größe gut\r\n'));
    },
    sendingOne(
      outgoingMessage(['用户@例え.test'], { reversePath: 'jürgen@sender.test' }),
      (outcomes) => {
        assert.deepEqual(briefOutcomes(outcomes), ['delivered 250 2.0.0']);
        assert.ok(outcomes[0]?.kind === 'delivered' && outcomes[0].reply.text === 'Größe gut');
      },
    ),
  ));
