/** Writes docs/reference/config.md from the configuration's schema; with --check, fails when it is stale. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeConfig } from '@staffetta/platform';

const file = fileURLToPath(new URL('../docs/reference/config.md', import.meta.url));
const expected = describeConfig();

if (process.argv.includes('--check')) {
  if (readIfThere() !== expected) {
    console.error('docs/reference/config.md is stale: run node tools/config-reference.ts');
    process.exitCode = 1;
  }
} else {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, expected);
}

function readIfThere(): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
