/** The fault run: faults in random order under load, then what became of every message. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES } from '../../tools/harness/cluster.ts';
import type { Cluster, LogKind } from '../../tools/harness/cluster.ts';
import type { TrackedLoad } from '../../tools/harness/load.ts';
import type { Site, SiteServers } from '../../tools/harness/site-servers.ts';
import { waitFor } from '../../tools/harness/wait.ts';
import { busiestSecond, findDoubled, longestGapMs, unended } from './judge.ts';
import type { Doubled } from './judge.ts';
import { givenPlan, longPlan, shortPlan } from './plan.ts';
import type { Fault } from './plan.ts';
import { startFaultScene } from './scene.ts';
import type { FaultScene } from './scene.ts';
import { strike } from './strike.ts';
import type { Struck } from './strike.ts';

const FLOWS_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 180_000;
const BETWEEN_MIN_MS = 500;
const BETWEEN_SPREAD_MS = 2_000;
const LOOK_EVERY_MS = 200;

export interface FaultRunOptions {
  readonly log: LogKind;
  /** At least so many faults of every kind; the short plan when absent. */
  readonly faultsMin?: number;
  /** These faults and no others, as `stop delivery-1, kill kafka-2`. */
  readonly faults?: string | undefined;
  readonly perSecond: number;
  readonly random: () => number;
  progress(text: string): void;
}

export interface FaultReport {
  readonly faults: readonly Struck[];
  readonly seconds: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly connectionsBroken: number;
  readonly delivered: number;
  /** Refused for good by their site, and told to their sender. */
  readonly bounced: number;
  readonly lost: readonly string[];
  readonly doubled: readonly Doubled[];
  /** The longest time in which nothing at all was delivered. */
  readonly withoutProgressMs: number;
  /** The longest time in which some healthy site got nothing. */
  readonly longestGapMs: number;
  /** The most that any site saw. */
  readonly connectionsMax: number;
  readonly perSecondMax: number;
  readonly ledger: { readonly ok: boolean; readonly says: string };
}

export async function runFaults(options: FaultRunOptions): Promise<FaultReport> {
  const scene = await startFaultScene(options);
  try {
    const load = scene.load('load', options.perSecond);
    await flowsSince(scene.sites, 0);
    options.progress(`mail flows to all sites, ${options.perSecond} a second`);
    const beginMs = Date.now();
    const faults = await strikeAll(scene, load, options);
    const endMs = Date.now();
    await load.stop();
    await scene.sites.revive();
    options.progress(`the load is over: ${load.accepted.size} accepted; the dead sites are back`);
    await awaitEnd(scene, [...load.accepted.keys()]);
    return await report(scene, load, faults, options.log, beginMs, endMs);
  } finally {
    await scene.stop();
  }
}

async function strikeAll(
  scene: FaultScene,
  load: TrackedLoad,
  options: FaultRunOptions,
): Promise<Struck[]> {
  const { cluster, sites } = scene;
  const plan = planFor(cluster, options);
  const struck: Struck[] = [];
  for (const fault of plan) {
    await sleep(BETWEEN_MIN_MS + options.random() * BETWEEN_SPREAD_MS);
    options.progress(`${fault.kind} ${fault.victim}`);
    const done = await strike(cluster, fault);
    struck.push(done);
    await flowsSince(sites, done.overMs);
    options.progress(
      `${struck.length} of ${plan.length}: ${fault.kind} ${fault.victim}, back after ${done.overMs - done.atMs} ms, ` +
        `mail for all healthy sites ${Date.now() - done.overMs} ms later; ${load.accepted.size} accepted`,
    );
  }
  return struck;
}

function planFor(
  { members, kafka }: Cluster,
  { faultsMin, faults, random }: FaultRunOptions,
): Fault[] {
  const targets = {
    services: SERVICES,
    members: members.map(({ name }) => name),
    brokers: (kafka?.brokers ?? []).map((_, at) => `kafka-${at + 1}`),
  };
  if (faults !== undefined) return givenPlan(faults);
  return faultsMin === undefined
    ? shortPlan(targets, random)
    : longPlan(targets, faultsMin, random);
}

const arrivalsOf = ({ arrivalsMs }: Site): readonly number[] => arrivalsMs;

/** Every healthy site has got mail since then. */
export async function flowsSince(sites: SiteServers, sinceMs: number): Promise<void> {
  const healthy = sites.sites.filter(({ kind }) => kind === 'healthy');
  const flows = (): boolean =>
    healthy.every(({ arrivalsMs }) => (arrivalsMs.at(-1) ?? -1) >= sinceMs);
  await waitFor('mail flows to all healthy sites', FLOWS_TIMEOUT_MS, flows);
}

/** Until every message has an end and nothing waits; what has none when the time is over is lost. */
export async function awaitEnd(
  { sites, cluster }: FaultScene,
  accepted: readonly string[],
): Promise<void> {
  const isOver = async (): Promise<boolean> =>
    unended(accepted, sites).length === 0 && (await cluster.queueLength()) === 0;
  await waitFor('an end', END_TIMEOUT_MS, isOver, LOOK_EVERY_MS).catch(() => undefined);
}

async function report(
  { cluster, sites }: FaultScene,
  load: TrackedLoad,
  faults: readonly Struck[],
  log: LogKind,
  beginMs: number,
  endMs: number,
): Promise<FaultReport> {
  const ledger = await cluster.cli(['ledger', 'check', '--json']);
  const healthy = sites.sites.filter(({ kind }) => kind === 'healthy');
  const accepted = [...load.accepted.keys()];
  return {
    faults,
    seconds: Math.round((endMs - beginMs) / 1_000),
    accepted: accepted.length,
    refused: Object.fromEntries(load.refused),
    connectionsBroken: load.broken,
    delivered: accepted.filter((id) => sites.arrivals.has(id)).length,
    bounced: accepted.filter((id) => sites.refused.has(id)).length,
    lost: unended(accepted, sites),
    doubled: findDoubled(sites, faults, log),
    withoutProgressMs: longestGapMs(healthy.flatMap(arrivalsOf), beginMs, endMs),
    longestGapMs: Math.max(
      ...healthy.map((site) => longestGapMs(arrivalsOf(site), beginMs, endMs)),
    ),
    connectionsMax: Math.max(...sites.sites.map((site) => site.connectionsMax)),
    perSecondMax: Math.max(...sites.sites.map(busiestSecond)),
    ledger: { ok: ledger.code === 0, says: (ledger.stdout + ledger.stderr).trim() },
  };
}
