import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

let doors: Doors;
before(async () => {
  doors = await startDoors({ relayNetworks: ['127.0.0.0/30', '2001:db8::/32'] });
});
after(() => doors.stop());

for (const door of ['mx', 'submission', 'submissions'] as const) {
  test(`a peer of the relay networks sends anywhere as its tenant: ${door}`, async () => {
    const peer = await doors.session(door, 'x');
    const reply = await sendMail(peer, 's@relay.example', 'a@far.example', 'x: y\r\n\r\n');
    assert.match(reply, /^250/);
    assert.match(await sendMail(peer, '', 'a@far.example', 'x: y\r\n\r\n'), /^250/);
    const { envelope, body } = doors.accepted().at(-1)!;
    assert.equal(envelope.tenantId, 'default');
    // Its mail is left as it is: no Message-ID, no Date.
    assert.match(body.bytes!.toString(), /^Received: [^\r]+(?:\r\n\t[^\r]+)+\r\nx: y\r\n\r\n\r\n$/);
  });
}

test('not as a domain of somebody else', async () => {
  for (const door of ['submission', 'submissions'] as const) {
    const peer = await doors.session(door, 'x');
    await peer.say('MAIL FROM:<s@other.example>', '550 5.7.1');
    await peer.say('MAIL FROM:<s@far.example>', '550 5.7.1');
  }
  const peer = await doors.session('mx', 'x');
  await peer.say('MAIL FROM:<s@other.example>', '250');
  await peer.say('RCPT TO:<a@far.example>', '550 5.7.1');
});

test('at the MX door it may bring us mail of anybody, like every server', async () => {
  const peer = await doors.session('mx', 'x');
  assert.match(await sendMail(peer, 's@far.example', 'q@other.example', 'x'), /^250/);
  assert.equal(doors.accepted().at(-1)!.envelope.tenantId, 'other');
});

test('a peer outside of them does not relay', async () => {
  const peer = await doors.session('mx', 'x', '127.0.0.9');
  await peer.say('MAIL FROM:<s@relay.example>', '250');
  await peer.say('RCPT TO:<a@far.example>', '550 5.7.1');
  const client = await doors.session('submission', 'x', '127.0.0.9');
  await client.say('MAIL FROM:<s@relay.example>', '530 5.7.0');
});
