import assert from 'node:assert/strict';
import { ALICE, BOB, RELAY_DOMAIN } from '../../harness/house.ts';
import type { House } from '../../harness/house.ts';
import type { Check } from './check.ts';
import { mustRun, runProgram } from '../../harness/run-program.ts';

const REFUSED = 24;

async function swaksDeliversToTheMxDoor({ staffetta }: House): Promise<void> {
  const out = await mustRun([
    ...to(staffetta.ports.mx),
    '--to',
    ALICE.user,
    '--from',
    'x@load.test',
  ]);
  assert.match(out, /250 2\.0\.0 Ok: queued as [0-9a-f]{32}/);
}

async function swaksIsRefusedForStrangers({ staffetta }: House): Promise<void> {
  const relay = await runProgram([...to(staffetta.ports.mx), '--to', 'a@elsewhere.test']);
  assert.equal(relay.code, REFUSED, 'no open relay');
  const unknown = await runProgram([...to(staffetta.ports.mx), '--to', 'nobody@local.test']);
  assert.match(unknown.output, /550 5\.1\.1/);
}

async function swaksSubmitsWithStartTls({ staffetta }: House): Promise<void> {
  const out = await mustRun([
    ...to(staffetta.ports.submission),
    ...['--tls', '--auth', 'PLAIN', '--auth-user', ALICE.user, '--auth-password', ALICE.password],
    ...['--from', ALICE.user, '--to', `swaks@${RELAY_DOMAIN},${BOB.user}`],
  ]);
  assert.match(out, /queued as/);
}

async function swaksSubmitsWithTls({ staffetta }: House): Promise<void> {
  await mustRun([
    ...to(staffetta.ports.submissions),
    ...['--tls-on-connect', '--auth', 'LOGIN'],
    ...['--auth-user', ALICE.user, '--auth-password', ALICE.password],
    ...['--from', ALICE.user, '--to', BOB.user],
  ]);
}

async function swaksCannotLogInWithoutTls({ staffetta }: House): Promise<void> {
  const login = ['--auth', 'PLAIN', '--auth-user', ALICE.user, '--auth-password', ALICE.password];
  const { code } = await runProgram([
    ...to(staffetta.ports.submission),
    ...login,
    '--to',
    BOB.user,
  ]);
  assert.notEqual(code, 0);
}

async function swaksDeliversByLmtp({ staffetta }: House): Promise<void> {
  await mustRun([...to(staffetta.ports.lmtp), '--protocol', 'LMTP', '--to', BOB.user]);
}

function to(port: number): string[] {
  return ['swaks', '--server', '127.0.0.1', '--port', String(port), '--ehlo', 'client.test'];
}

export const checks: readonly Check[] = [
  swaksDeliversToTheMxDoor,
  swaksIsRefusedForStrangers,
  swaksSubmitsWithStartTls,
  swaksSubmitsWithTls,
  swaksCannotLogInWithoutTls,
  swaksDeliversByLmtp,
];
