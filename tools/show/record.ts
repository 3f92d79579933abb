/** Keeps the last figures of each point in `docs/shown.md`, one section a point. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { repository } from '../steps.ts';
import { pointScript } from './points.ts';

const FILE = `${repository}/docs/shown.md`;
const BYTES_PER_GB = 1e9;
const INTRODUCTION = `# What it shows

Each point is one command: \`npm run show -- POINT\`, with \`--long\` for the full form. It starts what it needs, prints
its figures and bounds, and ends with 1 when a bound is missed. \`--record\` writes the figures here.
`;

interface Shown {
  readonly point: string;
  readonly ok: boolean;
  readonly figures: { readonly [name: string]: unknown };
  readonly bounds: readonly {
    readonly bound: string;
    readonly ok: boolean;
    readonly figure?: unknown;
  }[];
}

export function record(line: string, form: string): void {
  const shown = JSON.parse(line) as Shown;
  const sections = readSections();
  sections.set(shown.point, section(shown, form));
  const points = [...sections.keys()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  writeFileSync(
    FILE,
    [INTRODUCTION, ...points.map((point) => sections.get(point) ?? '')].join('\n'),
  );
}

function readSections(): Map<string, string> {
  if (!existsSync(FILE)) return new Map();
  const [, ...parts] = readFileSync(FILE, 'utf8').split(/^(?=## )/m);
  return new Map(parts.map((part) => [/^## (\S+)/.exec(part)?.[1] ?? '', part.trimEnd() + '\n']));
}

function section({ point, ok, figures, bounds }: Shown, form: string): string {
  const what = /\/\*\* (.*?) \*\//s.exec(readFileSync(pointScript(point), 'utf8'))?.[1] ?? '';
  const day = new Date().toISOString().slice(0, 10);
  const memoryGb = Math.round(totalmem() / BYTES_PER_GB);
  return [
    `## ${point}`,
    '',
    what,
    '',
    `${ok ? 'All bounds kept' : 'Bounds missed'}, ${form} form, ${day}, ${cpus().length} cores, ${memoryGb} GB.`,
    '',
    '| bound | figure | |',
    '| --- | --- | --- |',
    ...bounds.map(
      (one) => `| ${cell(one.bound)} | ${cell(one.figure)} | ${one.ok ? 'kept' : 'missed'} |`,
    ),
    '',
    '| figure | value |',
    '| --- | --- |',
    ...Object.entries(figures).map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`),
    '',
  ].join('\n');
}

function cell(value: unknown): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', String.raw`\|`);
}
