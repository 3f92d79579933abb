/** The files of this repository that people write: what git knows or would add. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { repository } from '../steps.ts';

const OUTPUT_MAX_BYTES = 32 * 1024 * 1024;

/** Paths from the root of the repository, of files that exist. */
export function sourceFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    maxBuffer: OUTPUT_MAX_BYTES,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((path) => path !== '' && existsSync(`${repository}/${path}`));
}

/** As it is in the file. */
export function read(path: string): string {
  return readFileSync(`${repository}/${path}`, 'utf8');
}
