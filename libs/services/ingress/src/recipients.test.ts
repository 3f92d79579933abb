import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

let doors: Doors;
before(async () => {
  doors = await startDoors();
});
after(() => doors.stop());

test('the MX door takes known local addresses, aliases and any address of a relay domain', async () => {
  const peer = await doors.session('mx', 'x');
  await peer.say('MAIL FROM:<a@b.example>', '250');
  for (const known of [
    'ANNA@LOCAL.EXAMPLE',
    '"anna"@local.example',
    'team@local.example',
    'q@relay.example',
  ]) {
    await peer.say(`RCPT TO:<${known}>`, '250 2.1.5');
  }
  await peer.say('RCPT TO:<nobody@local.example>', '550 5.1.1');
});

test('the MX door relays to nobody else', async () => {
  const peer = await doors.session('mx', 'x');
  for (const from of ['', 'anna@local.example', 'x@relay.example']) {
    await peer.say(`MAIL FROM:<${from}>`, '250');
    for (const to of [
      'a@far.example',
      'a%far.example@elsewhere.example',
      '"a@far.example"@[127.0.0.1]',
      'a@[192.0.2.1]',
      '@local.example:a@far.example',
      'a@sub.local.example',
    ]) {
      await peer.say(`RCPT TO:<${to}>`, '550 5.7.1');
    }
    await peer.say('DATA', '554 5.5.1');
    await peer.say('RSET', '250');
  }
  assert.ok(doors.refused.some(({ reason }) => reason === 'relay'));
});

test('postmaster without a domain is the one of this host', async () => {
  const peer = await doors.session('mx', 'x');
  await peer.say('MAIL FROM:<>', '250');
  await peer.say('RCPT TO:<Postmaster>', '550 5.1.1');
  doors.directory.addDomain('test.example', 'local');
  doors.directory.addAccount('postmaster@test.example', 'x');
  await peer.say('RCPT TO:<Postmaster>', '250');
});

test('while the directory is away nobody is refused for good', async () => {
  const peer = await doors.session('mx', 'x');
  await peer.say('MAIL FROM:<>', '250');
  doors.directory.unavailable = true;
  await peer.say('RCPT TO:<anna@local.example>', '451 4.3.0');
  doors.directory.unavailable = false;
  await peer.say('RCPT TO:<anna@local.example>', '250');
});

test('AUTH is not offered at the MX door', async () => {
  const peer = await doors.session('mx');
  const extensions = await peer.say('EHLO x', '250');
  assert.ok(!extensions.includes('AUTH'));
  await peer.say('AUTH PLAIN AGEAYg==', '502');
});
