import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

let doors: Doors;
before(async () => {
  doors = await startDoors({ relayNetworks: ['127.0.0.2'] });
});
after(() => doors.stop());

const BAD = [
  'a\nb',
  'a\rb',
  '\n',
  '\r',
  'a\r\r\nb',
  'a\n\r\nb',
  'a\r\n\nb',
  `${'x'.repeat(300_000)}\ny`,
];

test('the MX door refuses bare CR and bare LF, from peers of the relay networks too', async () => {
  for (const from of ['127.0.0.1', '127.0.0.2']) {
    const peer = await doors.session('mx', 'x', from);
    for (const content of BAD) {
      assert.match(await sendMail(peer, '', 'anna@local.example', content), /^550 5\.6\.0/);
    }
    assert.match(await sendMail(peer, '', 'anna@local.example', 'a\r\nb'), /^250/);
  }
});

test('submission makes them line ends', async () => {
  const peer = await doors.loggedIn('shop', 'token');
  for (const content of BAD) {
    assert.match(await sendMail(peer, '', 'anna@local.example', content), /^250/);
    const kept = doors.accepted().at(-1)!.body.bytes!.toString('latin1');
    const repaired = `${content}\r\n`.replace(/\r\n|\r|\n/g, '\r\n');
    assert.ok(kept.endsWith(`+0000\r\n${repaired}`), JSON.stringify(content));
  }
});

test('a class field behind bare line ends is found after the repair', async () => {
  const peer = await doors.loggedIn('shop', 'token');
  await sendMail(peer, '', 'anna@local.example', 'A: 1\nX-Staffetta-Class: bulk\n\nbody');
  const record = doors.accepted().at(-1)!;
  assert.equal(record.envelope.bulk, true);
  assert.ok(record.body.bytes!.toString().endsWith('A: 1\r\n\r\nbody\r\n'));
});

test('NUL is refused at every door', async () => {
  const mx = await doors.session('mx', 'x');
  assert.match(await sendMail(mx, '', 'anna@local.example', 'a\0b'), /^550 5\.6\.0/);
  const shop = await doors.loggedIn('shop', 'token');
  assert.match(await sendMail(shop, '', 'anna@local.example', 'a\0b'), /^550 5\.6\.0/);
});

test('lines of any length and octets above 127 pass unchanged', async () => {
  const peer = await doors.session('mx', 'x');
  const content = Buffer.from(
    `Subject: \xe4\xff\r\nX: ${'y'.repeat(5_000)}\r\n\r\n\x80\x81`,
    'latin1',
  );
  assert.match(await sendMail(peer, '', 'anna@local.example', content), /^250/);
  const { body, envelope } = doors.accepted().at(-1)!;
  const end = Buffer.concat([content, Buffer.from('\r\n')]);
  assert.deepEqual(body.bytes!.subarray(-end.length), end);
  assert.equal(envelope.is8bit, true);
  assert.equal(envelope.smtputf8, false);
});
