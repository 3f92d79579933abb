import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';

/**
 * A folder that other users may enter (PostgreSQL and smtp-sink run as somebody else), removed by `stop`, unless
 * `STAFFETTA_TEST_KEEP` is set: then what a failed run left can be read.
 */
export interface TempFolder {
  readonly path: string;
  stop(): void;
}

const EVERYBODY_MAY_ENTER = 0o755;
const EVERYBODY_MAY_WRITE = 0o777;

export function tempFolder(name: string, writable = false): TempFolder {
  const path = mkdtempSync(join(tmpdir(), `staffetta-${name}-`));
  chmodSync(path, writable ? EVERYBODY_MAY_WRITE : EVERYBODY_MAY_ENTER);
  const isKept = process.env['STAFFETTA_TEST_KEEP'] !== undefined;
  if (isKept) process.stderr.write(`kept: ${path}\n`);
  const remove = (): void => {
    if (!isKept) rmSync(path, { recursive: true, force: true });
  };
  const forget = atExit(remove);
  const stop = (): void => {
    remove();
    forget();
  };
  return { path, stop };
}
