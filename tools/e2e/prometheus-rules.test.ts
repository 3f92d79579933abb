/** promtool, of Prometheus itself, on the rules, on their tests, and on the queries of all panels. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mustRun } from '../harness/run-program.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { RULE_FILES, filledIn, panelQueries } from '../observe/queries.ts';
import { repository } from '../steps.ts';

const FOLDER = join(repository, 'ops/prometheus');

test('the rules are rules', async () => {
  const files = RULE_FILES.map((file) => join(FOLDER, file));
  assert.match(await mustRun(['promtool', 'check', 'rules', ...files]), /SUCCESS/);
});

test('each alert fires when it should, and not before', async () => {
  const tested = await mustRun(['promtool', 'test', 'rules', join(FOLDER, 'alerts.test.yaml')]);
  assert.match(tested, /SUCCESS/);
});

test('the queries of all panels can be understood', async () => {
  const queries = panelQueries();
  assert.ok(queries.length > 80, `${queries.length} queries`);
  const folder = tempFolder('panels');
  try {
    const rules = queries.map(({ expr }, n) => ({
      record: `panel:query:${n}`,
      expr: filledIn(expr),
    }));
    const file = join(folder.path, 'panels.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    assert.match(await mustRun(['promtool', 'check', 'rules', file]), /SUCCESS/);
  } finally {
    folder.stop();
  }
});
