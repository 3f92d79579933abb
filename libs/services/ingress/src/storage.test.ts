import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { SmtpAnswer } from '@staffetta/core';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

let doors: Doors;
afterEach(() => doors.stop());

test('while the log is away the answer is 451, and then mail flows again', async () => {
  doors = await startDoors();
  const peer = await doors.session('mx', 'x');
  doors.log.unavailable = true;
  assert.match(await sendMail(peer, '', 'anna@local.example', 'x'), /^451 4\.3\.0/);
  doors.log.unavailable = false;
  assert.match(await sendMail(peer, '', 'anna@local.example', 'x'), /^250/);
  assert.deepEqual(doors.refused, [{ door: 'mx', reason: 'log' }]);
});

test('an unexpected failure is 451 too, and is reported', async () => {
  doors = await startDoors();
  const peer = await doors.session('mx', 'x');
  doors.log.append = () => Promise.reject(new Error('broken'));
  assert.match(await sendMail(peer, '', 'anna@local.example', 'x'), /^451 4\.3\.0/);
  assert.equal(doors.errors[0]?.message, 'broken');
});

test('while the disk is full MAIL is answered as told', async () => {
  let room: true | SmtpAnswer = { code: 452, enhanced: '4.3.1', text: 'Insufficient storage' };
  doors = await startDoors({}, () => room);
  const peer = await doors.session('mx', 'x');
  await peer.say('MAIL FROM:<>', '452 4.3.1 Insufficient storage');
  room = true;
  await peer.say('MAIL FROM:<>', '250');
});
