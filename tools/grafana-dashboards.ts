/** Writes the dashboards to ops/grafana; with --check, fails when one of them is stale or should not be there. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cluster } from './grafana/cluster.ts';
import { delivery } from './grafana/delivery.ts';
import { ingress } from './grafana/ingress.ts';
import { mailbox } from './grafana/mailbox.ts';
import { overview } from './grafana/overview.ts';
import { queues } from './grafana/queues.ts';
import { repository } from './steps.ts';

const FOLDER = `${repository}/ops/grafana`;
const DASHBOARDS = [overview, queues, ingress, delivery, cluster, mailbox];

const expected = new Map(
  DASHBOARDS.map((one) => [`${one.uid}.json`, `${JSON.stringify(one, null, 2)}\n`]),
);
mkdirSync(FOLDER, { recursive: true });
const found = readdirSync(FOLDER);

if (process.argv.includes('--check')) {
  const stale = [...expected].filter(
    ([file, text]) => !found.includes(file) || readFileSync(`${FOLDER}/${file}`, 'utf8') !== text,
  );
  const left = found.filter((file) => !expected.has(file));
  if (stale.length + left.length > 0) {
    const files = [...stale.map(([file]) => file), ...left].join(', ');
    console.error(`ops/grafana: ${files}: run node tools/grafana-dashboards.ts`);
    process.exitCode = 1;
  }
} else {
  for (const file of found) if (!expected.has(file)) rmSync(`${FOLDER}/${file}`);
  for (const [file, text] of expected) writeFileSync(`${FOLDER}/${file}`, text);
}
