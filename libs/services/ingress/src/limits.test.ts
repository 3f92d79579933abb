import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { SmtpDialogue } from '@staffetta/testing';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

let doors: Doors;
afterEach(() => doors.stop());

test('size: announced, declared and received', async () => {
  doors = await startDoors({ sizeBytes: 10_000 });
  const peer = await doors.session('mx');
  assert.match(await peer.say('EHLO x', '250'), /250-SIZE 10000\r\n/);
  await peer.say('MAIL FROM:<> SIZE=10001', '552 5.3.4');
  await peer.say('MAIL FROM:<> SIZE=x', '501');
  assert.match(await sendMail(peer, '', 'anna@local.example', 'x'.repeat(9_998)), /^250/);
  assert.match(await sendMail(peer, '', 'anna@local.example', 'x'.repeat(9_999)), /^552 5\.3\.4/);
  assert.match(await sendMail(peer, '', 'anna@local.example', 'x'), /^250/);
});

test('size: a message without end is cut off', async () => {
  doors = await startDoors({ sizeBytes: 10_000 });
  const peer = await doors.session('mx', 'x');
  peer.send('MAIL FROM:<>\r\nRCPT TO:<anna@local.example>\r\nDATA\r\n');
  for (const code of ['250', '250', '354']) await peer.expect(code);
  peer.send('y'.repeat(100_000));
  await peer.expect('552 5.3.4');
  await peer.ended();
});

test('recipients', async () => {
  doors = await startDoors({ recipientsMax: 2 });
  const peer = await doors.session('mx', 'x');
  await peer.say('MAIL FROM:<>', '250');
  await peer.say('RCPT TO:<a@relay.example>', '250');
  await peer.say('RCPT TO:<b@relay.example>', '250');
  await peer.say('RCPT TO:<c@relay.example>', '452 4.5.3');
  await peer.say('DATA', '354');
});

test('errors: counted since the last message', async () => {
  doors = await startDoors({ errorsMax: 2 });
  const peer = await doors.session('mx', 'x');
  await peer.say('WHAT', '500');
  await peer.say('EVER', '500');
  assert.match(await sendMail(peer, '', 'anna@local.example', 'x'), /^250/);
  await peer.say('RCPT TO:<x>', '503');
  await peer.say('RCPT FROM:<x>', '503');
  await peer.say('ETRN', '500');
  await peer.expect('421 4.7.0');
  await peer.ended();
});

test('commands that lead to no mail', async () => {
  doors = await startDoors({ commandsMax: 3 });
  const peer = await doors.session('mx', 'x');
  await peer.say('NOOP', '250');
  await peer.say('RSET', '250');
  await peer.say('NOOP', '421 4.7.0');
  await peer.ended();
});

test('connections of one address, over all doors', async () => {
  doors = await startDoors({ connectionsPerAddressMax: 2 });
  const first = await doors.session('mx', 'x');
  await doors.session('submission', 'x');
  const third = await SmtpDialogue.open({ port: doors.port('mx') });
  await third.expect('421 4.7.0');
  await third.ended();
  await doors.session('mx', 'x', '127.0.0.2');
  await first.say('QUIT', '221');
  await first.ended();
  first.destroy();
  await connectsAgain();
});

async function connectsAgain(): Promise<void> {
  for (;;) {
    const peer = await SmtpDialogue.open({ port: doors.port('mx') });
    const reply = await peer.reply();
    peer.destroy();
    if (reply.startsWith('220')) return;
    assert.match(reply, /^421/);
  }
}

test('idle time', async () => {
  doors = await startDoors({ idleTimeoutMs: 50 });
  const peer = await doors.session('mx', 'x');
  await peer.expect('421 4.4.2');
  await peer.ended();
});

test('time from DATA to the final dot', async () => {
  doors = await startDoors({ dataTimeoutMs: 0 });
  const peer = await doors.session('mx', 'x');
  await peer.say('MAIL FROM:<>', '250');
  await peer.say('RCPT TO:<anna@local.example>', '250');
  await peer.say('DATA', '354');
  peer.send('x\r\n');
  await peer.expect('421 4.4.2');
});

test('memory for content: new DATA waits its turn, and what is released is free again', async () => {
  doors = await startDoors({ memoryBytes: 100_000 });
  const holder = await doors.session('mx', 'x');
  holder.send('MAIL FROM:<>\r\nRCPT TO:<anna@local.example>\r\nDATA\r\n');
  for (const code of ['250', '250', '354']) await holder.expect(code);
  holder.send('x'.repeat(70_000));
  const other = await doors.session('mx', 'x');
  const declared = 'MAIL FROM:<> SIZE=60000';
  await other.say(declared, '250');
  await other.say('RCPT TO:<anna@local.example>', '250');
  while (!(await other.say('DATA', /^/)).startsWith('452 4.3.1')) {
    other.send('.\r\n');
    await other.expect('250');
    await other.say(declared, '250');
    await other.say('RCPT TO:<anna@local.example>', '250');
  }
  holder.send('\r\n.\r\n');
  await holder.expect('250');
  await other.say('DATA', '354');
  other.send(`${'y'.repeat(60_000)}\r\n.\r\n`);
  await other.expect('250');
  assert.match(
    await sendMail(holder, '', 'anna@local.example', 'z'.repeat(110_000)),
    /^452 4\.3\.1/,
  );
  assert.match(await sendMail(holder, '', 'anna@local.example', 'z'.repeat(90_000)), /^250/);
});
