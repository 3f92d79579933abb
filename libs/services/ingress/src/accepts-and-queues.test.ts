import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isMessageId } from '@staffetta/core';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

let doors: Doors;
before(async () => {
  doors = await startDoors();
});
after(() => doors.stop());

test('a message at the MX door is appended with its envelope before it is called queued', async () => {
  const peer = await doors.session('mx', 'sender.example');
  await peer.say(
    'MAIL FROM:<joe@sender.example> SIZE=40 BODY=8BITMIME RET=HDRS ENVID=a+2Bb',
    '250',
  );
  await peer.say('RCPT TO:<Anna@Local.Example> NOTIFY=success,delay ORCPT=rfc822;x+40y', '250');
  await peer.say('DATA', '354');
  peer.send('Subject: =?utf-8?q?gr=C3=BCn?=\r\n and more\r\n\r\nbody\r\n.\r\n');
  const id = /^250 2\.0\.0 Ok: queued as (\w+)$/.exec(await peer.reply())?.[1] ?? '';
  assert.ok(isMessageId(id));

  const [record] = doors.accepted();
  assert.equal(record?.key, id);
  assert.equal(record.envelope.messageId, id);
  assert.equal(record.envelope.tenantId, 'default');
  assert.equal(record.envelope.reversePath, 'joe@sender.example');
  assert.equal(record.envelope.ret, 'HDRS');
  assert.equal(record.envelope.envid, 'a+2Bb');
  assert.equal(record.envelope.expiresAtMs - record.envelope.acceptedAtMs, 432_000_000);
  assert.deepEqual(record.envelope.recipients, [
    {
      number: 1,
      address: 'Anna@Local.Example',
      orcpt: 'rfc822;x+40y',
      notify: 'SUCCESS,DELAY',
      attempts: 0,
      accountId: '',
    },
  ]);
  assert.deepEqual(record.envelope.injection, {
    listener: 'mx',
    peer: '127.0.0.1',
    helo: 'sender.example',
    credential: '',
    protocol: 'ESMTP',
  });
  const [event] = doors.log.events;
  assert.ok(event?.type === 'accepted');
  assert.equal(event.subject, 'grün and more');
});

test('only a Received field stands before the octets that were sent', async () => {
  const peer = await doors.session('mx', 'odd_(name)');
  const content = 'X: 1\r\n\r\n..two dots\r\n\r\n. \r\nlast';
  const stuffed = content.replaceAll('\r\n.', '\r\n..');
  const reply = await sendMail(peer, '', 'anna@local.example', stuffed);
  const record = doors.accepted().at(-1)!;
  assert.equal(
    record.body.bytes!.toString('latin1'),
    'Received: from odd_-name- ([127.0.0.1])\r\n' +
      `\tby mx.test.example (Staffetta) with ESMTP id ${reply.split(' ').at(-1)}\r\n` +
      '\tfor <anna@local.example>;\r\n' +
      '\tTue, 24 Nov 2026 12:00:00 +0000\r\n' +
      `${content}\r\n`,
  );
  assert.equal(record.envelope.sizeBytes, record.body.bytes!.length);
});

test('with several recipients none is named, and HELO makes it SMTP', async () => {
  const peer = await doors.session('mx');
  await peer.say('HELO sender.example', '250');
  await sendMail(peer, 'a@b.example', ['anna@local.example', 'any@relay.example'], 'x: y\r\n\r\n');
  const received = doors.accepted().at(-1)!.body.bytes!.toString('latin1').split('x: y')[0]!;
  assert.match(received, /with SMTP id [0-9a-f]{32};\r\n\tTue/);
  assert.ok(!received.includes('for <'));
});

test('an empty message, a header without a body and a body without a header are messages', async () => {
  const peer = await doors.session('mx', 'x');
  for (const content of ['', 'Subject: only', '\r\nbody', 'no header at all']) {
    assert.match(await sendMail(peer, '', 'anna@local.example', content), /^250/);
    assert.ok(doors.accepted().at(-1)!.body.bytes!.toString().endsWith(`${content}\r\n`));
  }
});

test('pipelined transactions are answered in order', async () => {
  const peer = await doors.session('mx', 'x');
  const one = 'MAIL FROM:<a@b.example>\r\nRCPT TO:<anna@local.example>\r\nDATA\r\n';
  peer.send(`${one}first\r\n.\r\n${one}second\r\n.\r\nQUIT\r\n`);
  for (const code of ['250', '250', '354', '250', '250', '250', '354', '250', '221']) {
    await peer.expect(code);
  }
});

test('a peer that closes its side after sending all gets its answers', async () => {
  const peer = await doors.session('mx');
  peer.send('EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<anna@local.example>\r\nDATA\r\nx\r\n.\r\n');
  peer.half();
  for (const code of ['250', '250', '250', '354', '250 2.0.0']) await peer.expect(code);
  await peer.ended();
});
