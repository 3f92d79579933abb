import { execFileSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repository } from '../steps.ts';
import { sourceFiles } from './sources.ts';

const OUTPUT_MAX_BYTES = 256 * 1024 * 1024;

test('the checker of import rules sees every TypeScript file', () => {
  const output = execFileSync(
    `${repository}/node_modules/.bin/depcruise`,
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'libs', 'apps'],
    { cwd: repository, encoding: 'utf8', maxBuffer: OUTPUT_MAX_BYTES },
  );
  const { modules } = JSON.parse(output) as {
    modules: { source: string; dependencies: { resolved: string }[] }[];
  };
  const seen = new Set(modules.map((module) => module.source));
  const unseen = sourceFiles().filter(
    (path) =>
      /^(libs|apps)\/.*\/src\/.*[.]ts$/.test(path) &&
      !path.startsWith('apps/dashboard/web/') &&
      !seen.has(path),
  );
  assert.deepEqual(unseen, []);
  const crossing = modules.filter(({ dependencies }) =>
    dependencies.some(({ resolved }) => resolved === 'libs/core/src/index.ts'),
  );
  assert.ok(crossing.length > 10, `only ${crossing.length} modules were seen to import core`);
});
