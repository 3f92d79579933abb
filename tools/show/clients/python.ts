import { fileURLToPath } from 'node:url';
import { ALICE, BOB } from '../../harness/house.ts';
import type { House } from '../../harness/house.ts';
import type { Check } from './check.ts';
import { mustRun } from '../../harness/run-program.ts';

const SCRIPT = fileURLToPath(new URL('standard_library.py', import.meta.url));

async function pythonSends(house: House): Promise<void> {
  await run('smtplib', house);
}

async function pythonReadsByImap(house: House): Promise<void> {
  await run('imaplib', house);
}

async function pythonReadsByPop3(house: House): Promise<void> {
  await run('poplib', house);
}

async function run(library: string, { staffetta }: House): Promise<void> {
  const input = JSON.stringify({ ports: staffetta.ports, alice: ALICE, bob: BOB });
  await mustRun(['python3', SCRIPT, library], input);
}

export const checks: readonly Check[] = [pythonSends, pythonReadsByImap, pythonReadsByPop3];
