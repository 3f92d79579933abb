/** Builds the dashboard's page with Vite, unless nothing it is made of has changed since the last time. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { repository } from './steps.ts';

const SOURCES = join(repository, 'apps/dashboard/web');
const TARGET = join(repository, 'libs/compositions/dashboard/dist');
/** Beside the page, not in it: what is in it is served. */
const STAMP = join(TARGET, 'web.sources');

export function buildPage(): void {
  const sources = hashSources();
  if (existsSync(join(TARGET, 'web/index.html')) && readStamp() === sources) return;
  rmSync(STAMP, { force: true });
  const bin = join(repository, 'node_modules/.bin');
  execFileSync(join(bin, 'tsc'), ['-p', SOURCES], { stdio: 'inherit' });
  execFileSync(join(bin, 'vite'), ['build', '--logLevel', 'warn'], {
    cwd: SOURCES,
    stdio: 'inherit',
  });
  pack();
  writeFileSync(STAMP, sources);
}

/** A smaller copy of each script and style, for those who take it. */
function pack(): void {
  for (const file of globSync(join(TARGET, 'web/assets/*.{js,css}'))) {
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
  }
}

/** Its files, and the versions of what it is built with. */
function hashSources(): string {
  const hash = createHash('sha256');
  const patterns = ['*.*', 'src/**/*.*', 'public/**/*.*'];
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: SOURCES }));
  for (const file of files.toSorted())
    hash.update(`${file}\n`).update(readFileSync(join(SOURCES, file)));
  return hash.update(readFileSync(join(repository, 'package-lock.json'))).digest('hex');
}

function readStamp(): string | undefined {
  return existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined;
}
