import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SmtpDialogue } from '@staffetta/testing';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

const BULK = 'X-Staffetta-Class: bulk\r\n';

let doors: Doors;
before(async () => {
  doors = await startDoors({ relayNetworks: ['127.0.0.2'] });
});
after(() => doors.stop());

async function sent(
  peer: SmtpDialogue,
  from: string,
  content: string,
): Promise<{ bulk: boolean; content: string }> {
  assert.match(await sendMail(peer, from, 'q@relay.example', content), /^250/);
  const { envelope, body, partition } = doors.accepted().at(-1)!;
  assert.equal(partition.bulk, envelope.bulk);
  return {
    bulk: envelope.bulk,
    content: body.bytes!.toString().replace(/^Received:[^]*?\+0000\r\n/, ''),
  };
}

test('a submitter makes a message bulk by a field, which is taken off', async () => {
  const content = `A: 1\r\n${BULK}B: 2\r\nx-staffetta-class :\r\n BULK\r\n\r\n${BULK}`;
  const expected = { bulk: true, content: `A: 1\r\nB: 2\r\n\r\n${BULK}\r\n` };
  const shop = await doors.loggedIn('shop', 'token');
  assert.deepEqual(await sent(shop, 'x@local.example', content), expected);
  for (const door of ['mx', 'submission'] as const) {
    const peer = await doors.session(door, 'x', '127.0.0.2');
    assert.deepEqual(await sent(peer, 'x@local.example', content), expected);
  }
  const anna = await doors.loggedIn('anna@local.example', 'secret');
  const kept = await sent(anna, 'anna@local.example', `Message-ID: x\r\nDate: y\r\n${BULK}\r\n`);
  assert.deepEqual(kept, { bulk: true, content: 'Message-ID: x\r\nDate: y\r\n\r\n\r\n' });
});

test('another class is taken off and means nothing', async () => {
  const shop = await doors.loggedIn('shop', 'token');
  assert.deepEqual(await sent(shop, '', 'X-Staffetta-Class: urgent\r\nA: 1\r\n\r\n'), {
    bulk: false,
    content: 'A: 1\r\n\r\n\r\n',
  });
});

test('all mail of a credential of class bulk is bulk', async () => {
  const news = await doors.loggedIn('news', 'token');
  assert.equal((await sent(news, '', 'A: 1\r\n\r\n')).bulk, true);
});

test("a stranger's field stays and means nothing", async () => {
  const peer = await doors.session('mx', 'x');
  assert.deepEqual(await sent(peer, 'x@far.example', `${BULK}A: 1\r\n\r\n`), {
    bulk: false,
    content: `${BULK}A: 1\r\n\r\n\r\n`,
  });
});
