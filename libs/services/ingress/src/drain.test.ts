import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmtpDialogue } from '@staffetta/testing';
import { startDoors } from './doors.contract.ts';

const START = 'MAIL FROM:<>\r\nRCPT TO:<anna@local.example>\r\nDATA\r\n';

test('a drain waits for answers to final dots only', async () => {
  const doors = await startDoors();
  const appended = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  doors.log.append = () => {
    asked.resolve();
    return appended.promise;
  };
  const waiting = await doors.session('mx', 'x');
  waiting.send(`${START}x\r\n.\r\n`);
  for (const code of ['250', '250', '354']) await waiting.expect(code);
  await asked.promise;
  const inContent = await doors.session('mx', 'x');
  inContent.send(`${START}x\r\n`);
  for (const code of ['250', '250', '354']) await inContent.expect(code);
  const idle = await doors.session('mx');
  const secure = await doors.session('submissions', 'x');

  let drained = false;
  const drain = doors.ingress.drain(10_000).then(() => (drained = true));
  for (const peer of [inContent, idle, secure]) {
    await peer.expect('421 4.3.2');
    await peer.ended();
    peer.destroy();
  }
  await assert.rejects(SmtpDialogue.open({ port: doors.port('mx') }), { code: 'ECONNREFUSED' });
  assert.equal(drained, false);
  appended.resolve();
  await waiting.expect('250 2.0.0');
  await waiting.expect('421 4.3.2');
  await waiting.ended();
  await drain;
});

test('a drain that takes too long cuts off', async () => {
  const doors = await startDoors();
  const asked = Promise.withResolvers<void>();
  doors.log.append = () => {
    asked.resolve();
    return new Promise(() => {});
  };
  const waiting = await doors.session('mx', 'x');
  waiting.send(`${START}x\r\n.\r\n`);
  await asked.promise;
  await doors.ingress.drain(10);
  for (const code of ['250', '250', '354']) await waiting.expect(code);
  assert.equal(await waiting.ended(), '');
});
