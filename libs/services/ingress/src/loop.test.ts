import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

let doors: Doors;
before(async () => {
  doors = await startDoors();
});
after(() => doors.stop());

test('a message with 100 Received fields goes in circles', async () => {
  const peer = await doors.session('mx', 'x');
  const fields = (count: number): string => 'rEceived : from x\r\n\tby y\r\n'.repeat(count);
  assert.match(
    await sendMail(peer, '', 'anna@local.example', `${fields(100)}\r\n`),
    /^554 5\.4\.6/,
  );
  assert.match(await sendMail(peer, '', 'anna@local.example', `${fields(99)}\r\n`), /^250/);
  const inBody = `A: b\r\n\r\n${fields(200)}`;
  assert.match(await sendMail(peer, '', 'anna@local.example', inBody), /^250/);
});
