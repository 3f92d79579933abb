import assert from 'node:assert/strict';
import { isAscii } from 'node:buffer';
import { test } from 'node:test';
import {
  briefOutcomes,
  clientDialogues,
  connectionOf,
  outgoingMessage,
  takeMessage,
} from '@staffetta/testing';
import { dotStuffed } from '@staffetta/smtp';
import type { OutgoingMessage } from '@staffetta/core';
import { createSmtpConnector } from './connector.ts';

const dialogue = clientDialogues(createSmtpConnector);

/** Sends the message and gives what the server took, without the final dot. */
async function taken(
  sent: OutgoingMessage,
  extensions: readonly string[] = ['PIPELINING', '8BITMIME'],
  conversionMaxBytes = 1_000_000,
): Promise<{ content: string; converted: boolean }> {
  let content = '';
  let converted = false;
  await dialogue(
    async (session) => {
      await session.greet(...extensions);
      content = await takeMessage(session);
    },
    async (result) => {
      const done = await connectionOf(result).send(sent);
      assert.deepEqual(briefOutcomes(done.outcomes), ['delivered 250 2.0.0']);
      converted = done.converted;
    },
    { conversionMaxBytes },
  );
  return { content, converted };
}

const stuffed = (content: Buffer) => dotStuffed(content).toString('latin1').slice(0, -3);

const LARGE = Buffer.from(
  'Subject: hi\r\n\r\n' + `${'y'.repeat(76)}\r\n.dot\r\n..\r\n`.repeat(20_000),
);

for (const [what, body] of [
  ['empty content', Buffer.alloc(0)],
  ['a dot alone', Buffer.from('.')],
  ['no line end at the end', Buffer.from('Subject: hi\r\n\r\n.a\r\n..b')],
  ['8-bit octets', Buffer.from('Subject: hi\r\n\r\n\xff\x80\r\n', 'latin1')],
  ['content of many blocks', LARGE],
] as const) {
  test(`${what} arrives as it is`, async () => {
    const { content } = await taken(outgoingMessage(['a@x.test'], { body, is8bit: true }));
    assert.equal(content, stuffed(body));
  });
}

test('a body that comes in pieces arrives whole', async () => {
  const body = async function* () {
    for (let at = 0; at < LARGE.length; at += 7_919) yield LARGE.subarray(at, at + 7_919);
  };
  const { content } = await taken(outgoingMessage(['a@x.test'], { body, sizeBytes: LARGE.length }));
  assert.equal(content, stuffed(LARGE));
});

for (const [what, body] of [
  [
    'that cannot be read',
    async function* () {
      yield Buffer.from('Subject: hi\r\n');
      throw new Error('the store is gone');
    },
  ],
  [
    'that is shorter than it should be',
    async function* () {
      yield Buffer.from('Subject: hi\r\n');
    },
  ],
] as const) {
  test(`a body ${what} has failed, and the server never sees its end`, () =>
    dialogue(
      async (session) => {
        await session.greet('PIPELINING');
        await session.hear(/^MAIL /);
        await session.hear(/^RCPT /);
        await session.hear(/^DATA$/);
        session.say('250 Ok', '250 Ok', '354 Go on');
        assert.equal(await session.content(), undefined);
      },
      async (result) => {
        const connection = connectionOf(result);
        const { outcomes } = await connection.send(
          outgoingMessage(['a@x.test'], { body, sizeBytes: 1_000 }),
        );
        assert.deepEqual(briefOutcomes(outcomes), ['failed']);
        assert.ok(!connection.usable);
      },
    ));
}

test('a server of 7 bit gets 7 bit, from one piece and from many', async () => {
  const header = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n';
  const whole = Buffer.from(`${header}Content-Transfer-Encoding: 8bit\r\n\r\nViele Grüße\r\n.\r\n`);
  const pieces = async function* () {
    for (const octet of whole) yield Buffer.from([octet]);
  };
  for (const body of [whole, pieces]) {
    const sent = outgoingMessage(['a@x.test'], { body, sizeBytes: whole.length, is8bit: true });
    const { content, converted } = await taken(sent, ['PIPELINING']);
    assert.ok(converted && isAscii(Buffer.from(content, 'latin1')));
    assert.equal(
      content,
      `${header}Content-Transfer-Encoding: quoted-printable\r\n\r\nViele Gr=C3=BC=C3=9Fe\r\n..\r\n`,
    );
  }
});

test('what is too large to be converted is refused with 5.6.3, and the session goes on', () =>
  dialogue(
    async (session) => {
      await session.greet('PIPELINING');
      await takeMessage(session);
    },
    async (result) => {
      const connection = connectionOf(result);
      const body = async function* () {
        yield Buffer.from('Subject: hi\r\n\r\nGrüße\r\n');
      };
      const refused = await connection.send(outgoingMessage(['a@x.test'], { body, is8bit: true }));
      assert.deepEqual(briefOutcomes(refused.outcomes), ['rejected-permanent 554 5.6.3']);
      assert.deepEqual(briefOutcomes((await connection.send(outgoingMessage())).outcomes), [
        'delivered 250 2.0.0',
      ]);
    },
    { conversionMaxBytes: 10 },
  ));
