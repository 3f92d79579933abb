import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@staffetta/testing';
import { ImapSession } from './imap/imap-session.ts';
import { Pop3Session } from './pop3/pop3-session.ts';
import { TestClient } from './testing/test-client.ts';
import { testOptions } from './testing/test-options.ts';

const SEED = 20_261_124;
const ROUNDS = 300;

const IMAP_WORDS = [
  ...['FETCH', 'UID', 'STORE', 'SEARCH', 'APPEND', 'COPY', 'LIST', 'STATUS', 'IDLE', 'DONE'],
  ...['AUTHENTICATE', 'PLAIN', 'INBOX', 'BODY[', 'HEADER.FIELDS', '1:*', '*', '(', ')', '[', ']'],
  ...['"', '\\', '{5}', '{5+}', '{0+}', '{99999999999+}', '{70000}', '<0.5>', 'NIL', '\\Seen', ' '],
  ...['+FLAGS', 'RETURN', 'CHARSET', 'UTF-8', 'NOT', 'OR', 'CREATE', 'RENAME', 'a/b', '&AOQ-', '%'],
];
const POP3_WORDS = [
  'RETR',
  'LIST',
  'TOP',
  'DELE',
  'UIDL',
  'RSET',
  '1',
  '-1',
  '99999999999',
  ' ',
  'CAPA',
];

function noise(next: () => number, words: readonly string[]): string {
  const pick = (below: number): number => Math.floor(next() * below);
  const kind = pick(10);
  if (kind === 0) {
    return String.fromCharCode(...Array.from({ length: pick(300) }, () => pick(256)));
  }
  if (kind === 1) return 'x'.repeat(pick(100_000));
  if (kind === 2) return '('.repeat(pick(2_000));
  const chosen = Array.from({ length: pick(12) }, () => words[pick(words.length)] ?? '');
  return `t ${chosen.join(pick(2) === 0 ? ' ' : '')}${pick(4) === 0 ? '' : '\r\n'}`;
}

for (const [protocol, Session, words, logIn] of [
  ['imap', ImapSession, IMAP_WORDS, 'l LOGIN ann secret\r\ns SELECT INBOX\r\n'],
  ['pop3', Pop3Session, POP3_WORDS, 'USER ann\r\nPASS secret\r\n'],
] as const) {
  void test(`${protocol}: no input breaks a session (seed ${SEED})`, async () => {
    const random = seededRandom(SEED);
    const next = (): number => random.next();
    const errors: unknown[] = [];
    const options = testOptions(undefined, (error) => errors.push(error));
    for (let round = 0; round < ROUNDS; round++) {
      const client = new TestClient();
      const ended = new Session(client.connection, options).run();
      if (next() < 0.8) client.send(logIn);
      for (let i = 0; i < 20; i++) client.send(noise(next, words));
      if (next() < 0.5) client.connection.client.end();
      else client.connection.client.destroy();
      await ended;
      assert.deepEqual(errors, [], `round ${round}`);
    }
    assert.equal(options.memory.usedBytes, 0);
  });
}
