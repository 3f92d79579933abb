/**
 * Writes the chart's values.schema.json and README.md from the typed values, and into its files the rules and dashboards
 * of ops, since Helm reads nothing outside of a chart; with --check, fails when they are stale.
 */
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { chartReadme } from './kubernetes/chart-readme.ts';
import { chartValues } from './kubernetes/chart-values.ts';
import { repository } from './steps.ts';

const chart = `${repository}/charts/staffetta`;
const schema = chartValues();
const expected: Record<string, string> = {
  [`${chart}/values.schema.json`]: `${JSON.stringify(schema, undefined, 2)}\n`,
  [`${chart}/README.md`]: chartReadme(schema, readFileSync(`${chart}/values.yaml`, 'utf8')),
};

for (const [from, to] of [
  ['ops/prometheus/*.rules.yaml', 'prometheus'],
  ['ops/grafana/*.json', 'grafana'],
] as const) {
  for (const file of globSync(from, { cwd: repository })) {
    const copy = `${chart}/files/${to}/${basename(file)}`;
    expected[copy] = readFileSync(`${repository}/${file}`, 'utf8');
  }
}

for (const [file, content] of Object.entries(expected)) {
  if (!process.argv.includes('--check')) writeFileSync(file, content);
  else if (readIfThere(file) !== content) {
    console.error(
      `${file.slice(repository.length + 1)} is stale: run node tools/chart-reference.ts`,
    );
    process.exitCode = 1;
  }
}

for (const file of globSync(`${chart}/files/{prometheus,grafana}/*`)) {
  if (file in expected) continue;
  if (!process.argv.includes('--check')) rmSync(file);
  else {
    console.error(`${file.slice(repository.length + 1)} should not be there`);
    process.exitCode = 1;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
