import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, sourceFiles } from './sources.ts';

const LINES_MAX = 600;
const SOURCE = /[.](ts|tsx|js|cjs|mjs|sql|md|yaml|yml|proto|json|css|html|sh)$/;
const LEFT_OUT = /^(package-lock[.]json|libs\/contracts\/src\/|tools\/tidy\/words[.]test[.]ts$)/;

/** What must not stand in the repository, and why; this file itself is left out. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/(^|[^\w.])\/(work|tmp\/gen)\//m, 'a path of one machine'],
  [/\/home\/\w/, 'a path of one machine'],
  [/registry[.]npmjs|artifactory|verdaccio/i, 'the host of a registry'],
  [/\b(TODO|FIXME|XXX)\b/, 'work left undone'],
  [/\bexport [*] from\b/, 'an index lists its names'],
];

const files = sourceFiles().filter((path) => SOURCE.test(path) && !LEFT_OUT.test(path));

test('no file holds a word that does not belong here', () => {
  const found: string[] = [];
  for (const path of files) {
    const text = read(path);
    for (const [pattern, why] of FORBIDDEN) {
      const hit = pattern.exec(text);
      if (hit !== null) found.push(`${path}:${lineOf(text, hit.index)}: ${why}`);
    }
  }
  assert.deepEqual(found, []);
});

test(`no source file is longer than ${LINES_MAX} lines`, () => {
  const long = files.filter(
    (path) => /[.](ts|tsx)$/.test(path) && read(path).split('\n').length > LINES_MAX,
  );
  assert.deepEqual(long, []);
});

test('every npm package is pinned to one version', () => {
  const loose: string[] = [];
  for (const path of files.filter((file) => file.endsWith('package.json'))) {
    const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
        if (!/^\d+[.]\d+[.]\d+(-[\w.]+)?$/.test(version)) loose.push(`${path}: ${name} ${version}`);
      }
    }
  }
  assert.deepEqual(loose, []);
});

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
