import assert from 'node:assert/strict';
import { ALICE, BOB } from '../../harness/house.ts';
import type { House } from '../../harness/house.ts';
import type { Check } from './check.ts';
import { mustRun, runProgram } from '../../harness/run-program.ts';
import { waitFor } from '../../harness/wait.ts';

const ARRIVE_TIMEOUT_MS = 20_000;
const CURL = ['curl', '-s', '-S', '-k'];
const MESSAGE = `From: ${ALICE.user}\r\nTo: ${BOB.user}\r\nSubject: by curl\r\n\r\nHello by curl\r\n`;

async function curlSubmits({ staffetta }: House): Promise<void> {
  const url = `smtp://127.0.0.1:${staffetta.ports.submission}`;
  const envelope = ['--mail-from', ALICE.user, '--mail-rcpt', BOB.user];
  await mustRun([...CURL, ...user(ALICE), '--ssl-reqd', ...envelope, '-T', '-', url], MESSAGE);
}

async function curlReadsByImap({ staffetta }: House): Promise<void> {
  const url = `imaps://127.0.0.1:${staffetta.ports.imaps}`;
  const search = [...CURL, ...user(BOB), `${url}/INBOX?SUBJECT%20%22by%20curl%22`];
  let found = '';
  await waitFor('the message of curl', ARRIVE_TIMEOUT_MS, async () => {
    found = /SEARCH (\d+)/.exec(await mustRun(search))?.[1] ?? '';
    return found !== '';
  });
  const message = await mustRun([...CURL, ...user(BOB), `${url}/INBOX;MAILINDEX=${found}`]);
  assert.match(message, /Subject: by curl\r\n[^]*Hello by curl\r\n$/);
  assert.match(await mustRun([...CURL, ...user(BOB), url]), /\* LIST .*INBOX/);
  const plain = `imap://127.0.0.1:${staffetta.ports.imap}/INBOX`;
  const fetched = await mustRun([...CURL, ...user(BOB), '-X', `FETCH ${found} BODY[TEXT]`, plain]);
  assert.match(fetched, /FETCH/);
}

async function curlReadsByPop3({ staffetta }: House): Promise<void> {
  const url = `pop3://127.0.0.1:${staffetta.ports.pop3}`;
  const list = await mustRun([...CURL, ...user(BOB), `${url}/`]);
  const [first] = list.trim().split('\r\n');
  const [number, octets] = (first ?? '').split(' ');
  const message = await mustRun([...CURL, ...user(BOB), `${url}/${number}`]);
  assert.equal(message.length, Number(octets), 'LIST tells the octets of RETR');
  const byTls = await mustRun([...CURL, ...user(BOB), '--ssl-reqd', `${url}/${number}`]);
  assert.equal(byTls, message);
}

async function curlWithAWrongPassword({ staffetta }: House): Promise<void> {
  const wrong = ['-u', `${BOB.user}:wrong`];
  for (const url of [
    `imaps://127.0.0.1:${staffetta.ports.imaps}/INBOX`,
    `pop3s://127.0.0.1:${staffetta.ports.pop3s}/1`,
  ]) {
    const { code } = await runProgram([...CURL, ...wrong, url]);
    assert.equal(code, 67, 'log-in denied');
  }
}

function user(who: { readonly user: string; readonly password: string }): string[] {
  return ['-u', `${who.user}:${who.password}`];
}

export const checks: readonly Check[] = [
  curlSubmits,
  curlReadsByImap,
  curlReadsByPop3,
  curlWithAWrongPassword,
];
