import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

let doors: Doors;
before(async () => {
  doors = await startDoors();
});
after(() => doors.stop());

test('a message to domains of two tenants becomes one of each', async () => {
  const peer = await doors.session('mx', 'x');
  const recipients = ['a@relay.example', 'b@other.example', 'anna@local.example'];
  const reply = await sendMail(peer, 'x@far.example', recipients, 'A: b\r\n\r\n');
  const ids = reply.replace('250 2.0.0 Ok: queued as ', '').split(' ');
  const accepted = doors.accepted();
  assert.deepEqual(
    accepted.map(({ key }) => key),
    ids,
  );
  assert.deepEqual(
    accepted.map(({ envelope }) => [
      envelope.tenantId,
      envelope.recipients.map(({ number, address }) => `${number} ${address}`),
    ]),
    [
      ['default', ['1 a@relay.example', '2 anna@local.example']],
      ['other', ['1 b@other.example']],
    ],
  );
  for (const { key, body } of accepted) assert.ok(body.bytes!.includes(`id ${key}`));
  assert.equal(doors.log.events.length, 2);
});
