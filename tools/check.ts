/** `npm run check`: all that needs no server (format, lint, types, import rules, dead code, proto, docs). */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { repository, runSteps } from './steps.ts';
import type { Step } from './steps.ts';

const GENERATORS = [
  'tools/config-reference.ts',
  'tools/error-reference.ts',
  'tools/chart-reference.ts',
  'tools/proto-code.ts',
  'tools/grafana-dashboards.ts',
];

const types: Step[] = [{ name: 'types', command: ['tsc', '-b'] }];
const steps: Step[] = [
  { name: 'types of the tools', command: ['tsc', '-p', 'tools'] },
  { name: 'types of the page', command: ['tsc', '-p', 'apps/dashboard/web'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  {
    name: 'import rules',
    command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'libs', 'apps'],
  },
  { name: 'tidy', command: ['node', '--test', 'tools/tidy/*.test.ts'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
];
if (globSync('proto/**/*.proto', { cwd: repository }).length > 0) {
  steps.push({ name: 'proto', command: ['buf', 'lint'] });
  const against = ['--against', `.git#ref=${protoBase()}`];
  steps.push({ name: 'proto breaks nothing', command: ['buf', 'breaking', ...against] });
}
for (const generator of GENERATORS) {
  if (!existsSync(`${repository}/${generator}`)) continue;
  steps.push({ name: `${generator} is in step`, command: ['node', generator, '--check'] });
}

// The linter and the tools read the built declarations, so types come first and alone.
const built = await runSteps(types, 1);
const clean = await runSteps(steps, 2);
process.exitCode = built && clean ? 0 : 1;

/** What `proto/` is compared with: where this branch left main; on main itself, the last commit. */
function protoBase(): string {
  for (const main of ['origin/main', 'main']) {
    const { status, stdout } = spawnSync('git', ['merge-base', 'HEAD', main], { cwd: repository });
    if (status === 0) return stdout.toString().trim();
  }
  return 'HEAD';
}
