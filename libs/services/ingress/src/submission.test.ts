import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

let doors: Doors;
before(async () => {
  doors = await startDoors();
});
after(() => doors.stop());

test('a password is taken under TLS only', async () => {
  const peer = await doors.session('submission');
  const clear = await peer.say('EHLO x', '250');
  assert.ok(clear.includes('STARTTLS') && !clear.includes('AUTH'));
  await peer.say(`AUTH PLAIN ${base64('\0anna@local.example\0secret')}`, '538 5.7.11');
  await peer.startTls();
  await peer.say('MAIL FROM:<>', '503');
  const secure = await peer.say('EHLO x', '250');
  assert.ok(secure.includes('AUTH PLAIN LOGIN') && !secure.includes('STARTTLS'));
  await peer.say('AUTH LOGIN', '334');
  await peer.say(base64('anna@local.example'), '334');
  await peer.say(base64('secret'), '235 2.7.0');
  await peer.say('AUTH LOGIN', '503');
  const reply = await sendMail(peer, 'anna@local.example', 'a@far.example', 'x: y\r\n\r\n');
  assert.match(reply, /^250/);
  const { envelope, body } = doors.accepted().at(-1)!;
  assert.equal(envelope.injection.protocol, 'ESMTPSA');
  assert.equal(envelope.injection.credential, 'anna@local.example');
  assert.match(
    body.bytes!.toString(),
    /with ESMTPSA id \w{32}\r\n\t\(TLSv1\.3 TLS_\w+\)\r\n\tfor </,
  );
});

test('what is sent in the clear behind STARTTLS is not run under TLS', async () => {
  const peer = await doors.session('submission', 'x');
  await peer.startTls('EHLO injected\r\nNOOP\r\n');
  await peer.say('MAIL FROM:<>', '503 5.5.1 Say hello first');
});

test('without a log-in nothing is taken', async () => {
  const peer = await doors.session('submissions', 'x');
  await peer.say('MAIL FROM:<anna@local.example>', '530 5.7.0');
  await peer.say('MAIL FROM:<>', '530 5.7.0');
  await peer.say('RCPT TO:<anna@local.example>', '503');
  await peer.say('DATA', '503');
});

test('a wrong password and an unknown user get the same answer', async () => {
  const peer = await doors.session('submissions', 'x');
  const wrong = await peer.say(`AUTH PLAIN ${base64('\0anna@local.example\0no')}`, '535 5.7.8');
  const unknown = await peer.say(`AUTH PLAIN ${base64('\0who@local.example\0no')}`, wrong);
  assert.equal(unknown, wrong);
  await peer.say(`AUTH PLAIN ${base64('anna@local.example\0shop\0token')}`, '535');
  await peer.say('AUTH PLAIN', '334');
  await peer.say('*', '501');
  await peer.say('AUTH GSSAPI', '504');
  doors.directory.unavailable = true;
  await peer.say(`AUTH PLAIN ${base64('\0anna@local.example\0secret')}`, '454 4.7.0');
  doors.directory.unavailable = false;
  await peer.say(`AUTH PLAIN ${base64('\0anna@local.example\0secret')}`, '235');
});

test('an account sends as its own addresses and aliases', async () => {
  const peer = await doors.loggedIn('anna@local.example', 'secret');
  for (const own of ['anna@local.example', 'A.B@Local.Example', '']) {
    await peer.say(`MAIL FROM:<${own}>`, '250');
    await peer.say('RSET', '250');
  }
  await peer.say('MAIL FROM:<team@local.example>', '553 5.7.1');
  await peer.say('MAIL FROM:<anna@relay.example>', '553 5.7.1');
  await peer.say('MAIL FROM:<anna@local.example>', '250');
  await peer.say('RCPT TO:<nobody@local.example>', '550 5.1.1');
  await peer.say('RCPT TO:<a@[192.0.2.1]>', '250');
  await peer.say('AUTH PLAIN x', '503');
});

test('a credential sends as any domain of its tenant', async () => {
  const peer = await doors.loggedIn('shop', 'token');
  for (const own of ['x@local.example', 'y@RELAY.example', '']) {
    await peer.say(`MAIL FROM:<${own}>`, '250');
    await peer.say('RSET', '250');
  }
  await peer.say('MAIL FROM:<x@other.example>', '550 5.7.1');
});
