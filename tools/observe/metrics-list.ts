/** The documented list of metrics, and what a process exposes, in the same words. */
import { readFileSync } from 'node:fs';
import { repository } from '../steps.ts';

export interface ListedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

const ROW = /^\| `(?<name>staffetta_\w+)` \| (?<type>\w+) \| (?<labels>[^|]*) \| (?<help>.*) \|$/;
/** Labels that Prometheus gives the series of a histogram. */
const OWN_LABELS = new Set(['le']);

/** The rows of docs/reference/metrics.md. */
export function documentedMetrics(): readonly ListedMetric[] {
  const text = readFileSync(`${repository}/docs/reference/metrics.md`, 'utf8');
  return text.split('\n').flatMap((line) => {
    const { name = '', type = '', labels = '', help = '' } = ROW.exec(line)?.groups ?? {};
    if (name === '') return [];
    return [{ name, type, help, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, one]) => one!) }];
  });
}

/** What stands in the text of /metrics; labels are those that its series bear by now. */
export function exposedMetrics(text: string): readonly ListedMetric[] {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, a, b]) => [a!, b!]));
  const helps = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, a, b]) => [a!, b!]));
  const labels = new Map<string, Set<string>>();
  for (const { name, labels: own } of seriesOf(text)) {
    const metric = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    const known = labels.get(metric) ?? new Set();
    for (const label of own) if (!OWN_LABELS.has(label)) known.add(label);
    labels.set(metric, known);
  }
  return [...types].map(([name, type]) => {
    return { name, type, help: helps.get(name) ?? '', labels: [...(labels.get(name) ?? [])] };
  });
}

/** One for each line that is no comment. */
export function seriesOf(text: string): readonly { name: string; labels: readonly string[] }[] {
  return text.split('\n').flatMap((line) => {
    const [, name, block = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (name === undefined) return [];
    return [{ name, labels: [...block.matchAll(/(\w+)="/g)].map(([, label]) => label!) }];
  });
}
