/** Nothing that got a `250` is lost: kill -9 of node, of PostgreSQL and of both under load; then SIGTERM. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TrackedLoad } from '../harness/load.ts';
import { Point } from '../harness/point.ts';
import type { RecordingSink } from '../harness/recording-sink.ts';
import {
  RELAY_DOMAIN,
  SENDER,
  awaitArrivals,
  boundLedger,
  doubles,
  startScene,
} from '../harness/relay-scene.ts';
import type { Scene } from '../harness/relay-scene.ts';
import type { Relay } from '../harness/relay.ts';
import { relayLog } from '../harness/start-relay.ts';
import { waitFor } from '../harness/wait.ts';

const VICTIMS = ['node', 'postgres', 'both'] as const;
const PER_SECOND = 400;
const SIZE_BYTES = 2_000;
const BETWEEN_MIN_MS = 500;
const BETWEEN_SPREAD_MS = 1_500;
const RECOVER_TIMEOUT_MS = 60_000;
const ARRIVE_TIMEOUT_MS = 120_000;
const DELIVERS_AGAIN_MAX_MS = 5_000;
/** A double was in flight or just settled: it came at most this long before the kill (flush, transaction, load). */
const BEFORE_KILL_MS = 1_000;

interface Outage {
  readonly victim: string;
  readonly killedAt: number;
  /** When it took or delivered mail again. */
  readonly overAt: number;
  readonly deliversAgainMs: number;
}

await new Point('1.3').run(async (point) => {
  const scene = await startScene(point);
  await killUnderLoad(point, scene, point.long ? 20 : 6);
  await terminateUnderLoad(point, scene, point.long ? 10 : 3);
  await boundLedger(point, scene.staffetta);
});

function startLoad(scene: Scene, name: string): TrackedLoad {
  return new TrackedLoad({
    name,
    target: { port: scene.staffetta.ports.mx },
    sessions: 10,
    sizeBytes: SIZE_BYTES,
    from: SENDER,
    to: (number) => `r${number}@${RELAY_DOMAIN}`,
    perSecond: PER_SECOND,
  });
}

async function killUnderLoad(point: Point, scene: Scene, kills: number): Promise<void> {
  const load = startLoad(scene, 'kill');
  const outages: Outage[] = [];
  let unanswered = 0;
  for (let number = 0; number < kills; number += 1) {
    const victim = VICTIMS[number % VICTIMS.length] ?? 'node';
    await sleep(BETWEEN_MIN_MS + Math.random() * BETWEEN_SPREAD_MS);
    const refusedBefore = load.refused.get(451) ?? 0;
    const outage = await kill(scene, load, victim);
    outages.push(outage);
    if (victim === 'postgres' && (load.refused.get(451) ?? 0) === refusedBefore) unanswered += 1;
    point.progress(
      `kill ${number + 1} of ${kills}: ${victim}, back after ${outage.overAt - outage.killedAt} ms, ` +
        `delivers ${outage.deliversAgainMs} ms later; ${load.accepted.size} accepted`,
    );
  }
  await load.stop();
  const lost = await awaitArrivals(load, scene.sink, ARRIVE_TIMEOUT_MS);
  const waiting = await scene.staffetta.queueLength();
  const twice = [...doubles(load, scene.sink)];
  const unexplained = twice.filter(
    ([, first]) => !outages.some((outage) => explains(outage, first)),
  );
  point.figure('kills', outages.length);
  point.figure('accepted under kill -9', load.accepted.size);
  point.figure('refused meanwhile', Object.fromEntries(load.refused));
  point.figure('connections broken', load.broken);
  point.figure('delivered twice', twice.length);
  point.bound('all that got 250 is delivered or in the queue', lost.length <= waiting, lost.length);
  point.bound(
    'doubles were in flight or just settled',
    unexplained.length === 0,
    unexplained.length,
  );
  // The log in Kafka takes what needs nothing else.
  if (relayLog() === 'postgres') {
    point.bound('without PostgreSQL the door answers 451', unanswered === 0, unanswered);
  }
  const slowest = Math.max(...outages.map((outage) => outage.deliversAgainMs));
  point.bound(
    'delivers again within 5 s of being ready',
    slowest <= DELIVERS_AGAIN_MAX_MS,
    slowest,
  );
}

async function kill(
  scene: Scene,
  load: TrackedLoad,
  victim: (typeof VICTIMS)[number],
): Promise<Outage> {
  const { staffetta } = scene;
  const killedAt = Date.now();
  if (victim !== 'node') staffetta.killPostgres();
  if (victim !== 'postgres') {
    await staffetta.killNode();
    await staffetta.start();
  } else {
    await (relayLog() === 'postgres' ? acceptsAgain(load) : answersAgain(staffetta));
  }
  const overAt = Date.now();
  await arrivesAgain(scene.sink, overAt);
  return { victim, killedAt, overAt, deliversAgainMs: Date.now() - overAt };
}

/** The first `250` after a refusal: the running node has its database again. */
async function acceptsAgain(load: TrackedLoad): Promise<void> {
  const refusals = (): number => [...load.refused.values()].reduce((sum, count) => sum + count, 0);
  const before = refusals() + load.broken;
  await waitFor('a refusal', RECOVER_TIMEOUT_MS, () => refusals() + load.broken > before, 5);
  const accepted = load.accepted.size;
  await waitFor('a 250 again', RECOVER_TIMEOUT_MS, () => load.accepted.size > accepted, 5);
}

/** What is asked of PostgreSQL is answered. */
async function answersAgain(staffetta: Relay): Promise<void> {
  const balances = async (): Promise<boolean> =>
    (await staffetta.cli(['ledger', 'check'])).code === 0;
  await waitFor('PostgreSQL', RECOVER_TIMEOUT_MS, balances);
}

async function arrivesAgain(sink: RecordingSink, since: number): Promise<void> {
  const before = sink.total;
  await waitFor(`arrivals after ${since}`, RECOVER_TIMEOUT_MS, () => sink.total > before, 5);
}

function explains(outage: Outage, firstArrival: number): boolean {
  const endMs = outage.overAt + outage.deliversAgainMs;
  return firstArrival >= outage.killedAt - BEFORE_KILL_MS && firstArrival <= endMs;
}

async function terminateUnderLoad(point: Point, scene: Scene, times: number): Promise<void> {
  const load = startLoad(scene, 'term');
  const codes: (number | string)[] = [];
  for (let number = 0; number < times; number += 1) {
    await sleep(BETWEEN_MIN_MS + Math.random() * BETWEEN_SPREAD_MS);
    const begin = performance.now();
    codes.push(await scene.staffetta.terminate());
    const drainMs = Math.round(performance.now() - begin);
    await scene.staffetta.start();
    point.progress(`SIGTERM ${number + 1} of ${times}: exit ${codes.at(-1)} after ${drainMs} ms`);
  }
  await load.stop();
  const lost = await awaitArrivals(load, scene.sink, ARRIVE_TIMEOUT_MS);
  point.figure('accepted under SIGTERM', load.accepted.size);
  point.bound(
    'SIGTERM ends with 0',
    codes.every((code) => code === 0),
    codes,
  );
  point.bound('SIGTERM loses none', lost.length === 0, lost.length);
  const twice = doubles(load, scene.sink).size;
  point.bound('SIGTERM sends none twice', twice === 0, twice);
}
