/** Dashboards, rules, alerts, runbooks and the list of metrics agree. */
import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { documentedMetrics } from '../observe/metrics-list.ts';
import { allRules, panelQueries, scalingQuery } from '../observe/queries.ts';
import type { Query } from '../observe/queries.ts';
import { repository } from '../steps.ts';
import { read } from './sources.ts';

const documented = new Map(documentedMetrics().map((metric) => [metric.name, metric]));
const rules = allRules();
const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
const alerts = rules.filter(({ alert }) => alert !== undefined);
const queries: readonly Query[] = [
  ...panelQueries(),
  scalingQuery(),
  ...rules.map(({ record, alert, expr }) => ({ place: record ?? alert ?? '', expr })),
];
/** Labels that Prometheus adds. */
const ADDED_LABELS = ['job', 'instance', 'namespace'];

test('every query uses only metrics of the list, and only labels that they have', () => {
  assert.ok(queries.length > 100, `${queries.length} queries`);
  const wrong: string[] = [];
  for (const { place, expr } of queries) {
    for (const [, name = '', matchers = ''] of expr.matchAll(
      /\b(staffetta[_:]\w[\w:]*)(\{[^}]*\})?/g,
    )) {
      if (recorded.has(name)) continue;
      const found = known(name);
      if (!found) wrong.push(`${place}: ${name} is not in the list`);
      for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) {
        if (found && !found.includes(label)) wrong.push(`${place}: ${name} has no label ${label}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('what is summed by labels has them', () => {
  const wrong: string[] = [];
  for (const { place, expr } of queries) {
    for (const [, by = '', inner = ''] of expr.matchAll(/\bby \(([^)]*)\) \((.*)$/gm)) {
      const names = [...inner.matchAll(/\bstaffetta_\w+/g)].map(([name]) => name);
      for (const label of by.split(/,\s*/)) {
        if (names.some((name) => !known(name)?.includes(label)))
          wrong.push(`${place}: by ${label}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('every alert has a severity, words, a runbook that names it, and a test in which it fires and one in which it does not', () => {
  const { tests } = parse(read('ops/prometheus/alerts.test.yaml')) as {
    tests: readonly {
      alert_rule_test: readonly { alertname: string; exp_alerts: readonly unknown[] }[];
    }[];
  };
  const tested = tests.flatMap((one) => one.alert_rule_test);
  for (const { alert = '', labels, annotations } of alerts) {
    assert.match(labels?.['severity'] ?? '', /^(critical|warning)$/, alert);
    assert.ok(annotations?.['summary'] && annotations['description'], alert);
    const runbook = annotations['runbook_url'] ?? '';
    assert.match(runbook, /^docs\/runbooks\/[a-z-]+[.]md$/, alert);
    assert.ok(existsSync(`${repository}/${runbook}`), `${alert}: ${runbook}`);
    assert.ok(read(runbook).includes(`\`${alert}\``), `${runbook} does not name ${alert}`);
    const ofAlert = tested.filter(({ alertname }) => alertname === alert);
    assert.ok(
      ofAlert.some(({ exp_alerts: expected }) => expected.length > 0),
      `${alert} fires in no test`,
    );
    assert.ok(
      ofAlert.some(({ exp_alerts: expected }) => expected.length === 0),
      `${alert} is silent in no test`,
    );
  }
});

test('every runbook belongs to an alert, and its links lead somewhere', () => {
  const used = new Set(alerts.map(({ annotations }) => annotations?.['runbook_url']));
  for (const file of globSync('docs/runbooks/*.md', { cwd: repository })) {
    assert.ok(used.has(file), file);
    for (const [, link = ''] of read(file).matchAll(/\]\(([^)]+)\)/g)) {
      assert.ok(existsSync(`${repository}/docs/runbooks/${link}`), `${file}: ${link}`);
    }
  }
});

test('every metric of our own is on a dashboard or in a rule', () => {
  const text = queries.map(({ expr }) => expr).join('\n');
  const unused = [...documented.keys()].filter(
    (name) => !/_(nodejs|process)_/.test(name) && !text.includes(name),
  );
  assert.deepEqual(unused, []);
});

/** The labels of a metric, or of a series of a histogram; undefined where it is not in the list. */
function known(name: string): readonly string[] | undefined {
  const metric = documented.get(name);
  if (metric && metric.type !== 'histogram') return [...metric.labels, ...ADDED_LABELS];
  const [, base = '', suffix] = /^(\w+)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = documented.get(base);
  if (histogram?.type !== 'histogram') return undefined;
  return [...histogram.labels, ...ADDED_LABELS, ...(suffix === 'bucket' ? ['le'] : [])];
}
