/** Writes the code of proto/ into libs/contracts/src; with --check, fails when it is stale. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { repository } from './steps.ts';

const GENERATED = 'libs/contracts/src';
const INDEX = 'index.ts';

if (process.argv.includes('--check')) {
  const folder = mkdtempSync(join(tmpdir(), 'staffetta-proto-'));
  try {
    generate(folder);
    if (!isDeepStrictEqual(read(join(folder, GENERATED)), read(join(repository, GENERATED)))) {
      console.error(`${GENERATED} is stale: run node tools/proto-code.ts`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
} else {
  generate(repository);
}

function generate(folder: string): void {
  const buf = join(repository, 'node_modules/.bin/buf');
  const run = spawnSync(buf, ['generate', '-o', folder], { cwd: repository, stdio: 'inherit' });
  if (run.status !== 0) throw new Error(`buf generate ended with ${run.status}`);
}

/** The files of a folder but the index, which is written by hand. */
function read(folder: string): Record<string, string> {
  const names = globSync('**/*.ts', { cwd: folder }).filter((name) => name !== INDEX);
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}
