/**
 * `npm run cluster [-- --log postgres]`: on one machine what the chart starts in Kubernetes, its commands, environment
 * and probes, with Kafka and PostgreSQL, two of every service, on free ports. Its data is gone when it ends; Ctrl-C ends all of it, a second one at once.
 */
import { parseArgs } from 'node:util';
import { clusterTable } from './cluster-table.ts';
import { Cluster } from './harness/cluster.ts';
import type { LogKind } from './harness/cluster.ts';
import { installMissing } from './install.ts';

const DEFAULT_LOG: LogKind = 'kafka';
/** As long as the slowest service may drain, and what PostgreSQL and Kafka need after it. */
const END_TIMEOUT_MS = 90_000;

const log = chosenLog();
const missing = log === 'kafka' ? await installMissing(['java', 'mvn']) : undefined;
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}

const starting = Cluster.start({
  log,
  progress: (text) => console.error(`starting ${text}`),
});
let ending = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end());
try {
  const cluster = await starting;
  if (!ending) console.log(clusterTable(cluster));
} catch (error) {
  if (!ending) throw error;
}

/** What is left when the process exits is killed by what started it. */
async function end(): Promise<void> {
  if (ending) process.exit(130);
  ending = true;
  console.error('ending all of it; once more to end it at once');
  setTimeout(() => process.exit(1), END_TIMEOUT_MS).unref();
  const cluster = await starting.catch(() => undefined);
  await cluster?.stop();
  process.exit(0);
}

function chosenLog(): LogKind {
  try {
    const { values } = parseArgs({ options: { log: { type: 'string', default: DEFAULT_LOG } } });
    if (values.log === 'postgres' || values.log === 'kafka') return values.log;
    throw new Error(`--log is kafka or postgres, not ${values.log}`);
  } catch (error) {
    console.error(`usage: npm run cluster [-- --log kafka|postgres]\n${String(error)}`);
    return process.exit(2);
  }
}
