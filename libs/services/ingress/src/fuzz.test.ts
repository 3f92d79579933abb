import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SmtpDialogue, seededRandom } from '@staffetta/testing';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

const SEED = Number(process.env['STAFFETTA_TEST_SEED'] ?? Date.now() % 1_000_000);
const SESSIONS = 150;
const WORDS = [
  'EHLO x\r\n',
  'HELO x\r\n',
  'MAIL FROM:<a@b.example>\r\n',
  'MAIL FROM:<>',
  ' SIZE=12',
  ' BODY=8BITMIME SMTPUTF8\r\n',
  'RCPT TO:<anna@local.example>\r\n',
  'RCPT TO:<',
  '"q q"@relay.example',
  '>',
  'DATA\r\n',
  '\r\n.\r\n',
  '.',
  '..',
  '\r\n',
  '\r',
  '\n',
  'RSET\r\n',
  'NOOP\r\n',
  'QUIT\r\n',
  'STARTTLS\r\n',
  'AUTH PLAIN ',
  'AUTH LOGIN\r\n',
  'AGEAYg==\r\n',
  '*\r\n',
  'VRFY x\r\n',
  'Received: x\r\n',
  'X-Staffetta-Class: bulk\r\n',
  ' folded\r\n',
  '\0',
  '\xff\xfe',
  'x'.repeat(3_000),
  'y'.repeat(70_000),
  'BDAT 5 LAST\r\n',
];

let doors: Doors;
before(async () => {
  doors = await startDoors({ relayNetworks: ['127.0.0.2'], commandsMax: 500 });
});
after(() => doors.stop());

test(`nonsense never breaks a door (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  for (let session = 0; session < SESSIONS; session += 1) {
    const door = (['mx', 'submission', 'submissions'] as const)[below(3)]!;
    const raw = door === 'submissions' && below(2) === 0;
    const peer = await SmtpDialogue.open({
      port: doors.port(door),
      tls: door === 'submissions' && !raw,
      from: `127.0.0.${1 + below(2)}`,
    });
    if (!raw) await peer.expect('220');
    for (let sends = below(30); sends > 0; sends -= 1) {
      const octets = Buffer.from(Array.from({ length: below(50) }, () => below(256)));
      peer.send(below(8) === 0 ? octets : WORDS[below(WORDS.length)]!);
    }
    if (below(2) === 0) peer.half();
    if (below(3) === 0) await new Promise(setImmediate);
    peer.destroy();
  }
  const peer = await doors.session('mx', 'x');
  assert.match(await sendMail(peer, '', 'anna@local.example', 'still here'), /^250/);
  assert.deepEqual(doors.errors, []);
  for (const { body } of doors.accepted()) {
    assert.ok(!/(?<!\r)\n|\r(?!\n)|\0/.test(body.bytes!.toString('latin1')));
  }
});
