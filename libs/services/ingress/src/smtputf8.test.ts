import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

let doors: Doors;
before(async () => {
  doors = await startDoors();
  doors.directory.addAccount('grün@local.example', 'x');
  doors.directory.addDomain('xn--bcher-kva.example', 'relay');
});
after(() => doors.stop());

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

test('addresses beyond ASCII need SMTPUTF8 and stay as given', async () => {
  const peer = await doors.session('mx', 'x');
  await peer.say(utf8('MAIL FROM:<jö@far.example>'), '553 5.6.7');
  await peer.say(utf8('MAIL FROM:<jö@far.example> SMTPUTF8'), '250');
  await peer.say(utf8('RCPT TO:<GRÜN@local.example>'), '250');
  await peer.say(utf8('RCPT TO:<q@bücher.example>'), '250');
  await peer.say('RCPT TO:<q@xn--bcher-kva.example>', '250');
  await peer.say('DATA', '354');
  peer.send('x\r\n.\r\n');
  await peer.expect('250');
  const { envelope } = doors.accepted().at(-1)!;
  assert.equal(envelope.smtputf8, true);
  assert.equal(envelope.reversePath, 'jö@far.example');
  assert.deepEqual(
    envelope.recipients.map(({ address }) => address),
    ['GRÜN@local.example', 'q@bücher.example', 'q@xn--bcher-kva.example'],
  );
  assert.equal(envelope.injection.protocol, 'UTF8SMTP');
});

test('the parameter alone does not make a message need it', async () => {
  const peer = await doors.session('mx', 'x');
  await peer.say('MAIL FROM:<j@far.example> SMTPUTF8 BODY=8BITMIME', '250');
  await peer.say('RCPT TO:<anna@local.example>', '250');
  await peer.say('DATA', '354');
  peer.send(`A: b\r\n\r\n${utf8('ü')}\r\n.\r\n`);
  await peer.expect('250');
  assert.equal(doors.accepted().at(-1)!.envelope.smtputf8, false);
  assert.equal(doors.accepted().at(-1)!.envelope.is8bit, true);
});

test('octets that are no UTF-8 are no address', async () => {
  const peer = await doors.session('mx', 'x');
  await peer.say('MAIL FROM:<j\xff@far.example> SMTPUTF8', '501');
  assert.match(await sendMail(peer, '', 'anna@local.example', 'x'), /^250/);
});
