/** Every query of every panel and rule returns data from a real Prometheus that scrapes a cluster while faults go on. */
import { shortPlan } from '../../ops/faults/plan.ts';
import { flowsSince } from '../../ops/faults/run.ts';
import { startFaultScene } from '../../ops/faults/scene.ts';
import { strike } from '../../ops/faults/strike.ts';
import { chosenLog } from '../harness/chosen-log.ts';
import { SERVICES } from '../harness/cluster.ts';
import { sendEveryKind } from '../harness/every-kind.ts';
import { seeded } from '../harness/fuzz-session.ts';
import { Point } from '../harness/point.ts';
import { Prometheus } from '../harness/prometheus.ts';
import { TraceCollector } from '../harness/trace-collector.ts';
import { everyQuery } from '../observe/queries.ts';

const SEED = 1;
const PER_SECOND = 50;
const BOB = { user: 'bob@local.test', password: 'bob-secret-1' };
/** What a query needs time for: rates over a minute. */
const AFTER_FAULTS_MS = 90_000;

await new Point('3.3').run(async (point) => {
  const log = chosenLog();
  point.figure('log', log);
  const collector = point.atEnd(await TraceCollector.start());
  const env = { TELEMETRY_OTLP_ENDPOINT: collector.endpoint, TELEMETRY_TRACES_SAMPLED: '0.1' };
  const scene = point.atEnd(
    await startFaultScene({ log, env, progress: (text) => point.progress(text) }),
  );
  const { cluster, sites } = scene;
  await cluster.must(['domain', 'add', 'local.test', '--local']);
  await cluster.must(['account', 'add', BOB.user, '--password-stdin'], `${BOB.password}\n`);
  const prometheus = point.atEnd(
    await Prometheus.start(cluster.members.map(({ process }) => process.ports.telemetry)),
  );
  const load = scene.load('load', PER_SECOND);
  await flowsSince(sites, 0);

  const queries = everyQuery();
  const left = new Set(queries);
  const look = async (): Promise<void> => {
    // A door may be closed by a fault at this moment.
    await sendEveryKind(cluster.ports, BOB, ['a@site1.test']).catch(() => undefined);
    for (const query of left) if (await prometheus.hasData(query.expr)) left.delete(query);
  };
  const targets = {
    services: SERVICES,
    members: cluster.members.map(({ name }) => name),
    brokers: (cluster.kafka?.brokers ?? []).map((_, at) => `kafka-${at + 1}`),
  };
  let faults = 0;
  for (const fault of shortPlan(targets, seeded(SEED))) {
    point.progress(`${fault.kind} ${fault.victim}; ${left.size} of ${queries.length} without data`);
    const struck = strike(cluster, fault);
    await look();
    await flowsSince(sites, (await struck).overMs);
    await look();
    faults += 1;
  }
  for (const endMs = performance.now() + AFTER_FAULTS_MS; left.size > 0; await look()) {
    if (performance.now() > endMs) break;
  }
  await load.stop();
  point.figure('faults', faults);
  point.figure('queries', queries.length);
  point.bound(
    'every query returned data',
    left.size === 0,
    [...left].map(({ place, expr }) => `${place}: ${expr}`),
  );
});
