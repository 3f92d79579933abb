/** Writes the chart's values.schema.json and README.md from the typed values; with --check, fails when they are stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { chartReadme } from './kubernetes/chart-readme.ts';
import { chartValues } from './kubernetes/chart-values.ts';
import { repository } from './steps.ts';

const chart = `${repository}/charts/staffetta`;
const schema = chartValues();
const expected: Readonly<Record<string, string>> = {
  [`${chart}/values.schema.json`]: `${JSON.stringify(schema, undefined, 2)}\n`,
  [`${chart}/README.md`]: chartReadme(schema, readFileSync(`${chart}/values.yaml`, 'utf8')),
};

for (const [file, content] of Object.entries(expected)) {
  if (!process.argv.includes('--check')) writeFileSync(file, content);
  else if (readIfThere(file) !== content) {
    console.error(
      `${file.slice(repository.length + 1)} is stale: run node tools/chart-reference.ts`,
    );
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
