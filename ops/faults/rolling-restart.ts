/** Every process of a cluster is replaced in turn, as by a rolling update, while mail flows. */
import type { Cluster } from '../../tools/harness/cluster.ts';
import { busiestSecond, findDoubled, unended } from './judge.ts';
import type { Doubled } from './judge.ts';
import { startOtherClients } from './other-clients.ts';
import type { OtherClientsReport } from './other-clients.ts';
import { awaitEnd, flowsSince } from './run.ts';
import type { FaultRunOptions } from './run.ts';
import { startFaultScene } from './scene.ts';

export interface RollingReport {
  readonly restarted: readonly string[];
  /** Exit codes that were not 0. */
  readonly wrongExits: readonly string[];
  readonly seconds: number;
  readonly accepted: number;
  /** How often each reply came that was not 250. */
  readonly refused: Readonly<Record<string, number>>;
  /** Transactions that ended without a reply. */
  readonly broken: number;
  readonly others: OtherClientsReport;
  readonly lost: readonly string[];
  readonly doubled: readonly Doubled[];
  readonly connectionsMax: number;
  readonly perSecondMax: number;
  readonly ledger: { readonly ok: boolean; readonly says: string };
}

/** Services by SIGTERM, each until it is ready again; then the brokers. PostgreSQL is not ours to replace. */
export async function restartAll(
  options: Pick<FaultRunOptions, 'log' | 'perSecond' | 'progress'> & {
    /** The names of those to restart; all when absent. */
    readonly only?: readonly string[] | undefined;
  },
): Promise<RollingReport> {
  const scene = await startFaultScene(options);
  const { cluster, sites } = scene;
  try {
    const others = await startOtherClients(scene);
    const load = scene.load('load', options.perSecond);
    await flowsSince(sites, 0);
    options.progress(`mail flows to all sites, ${options.perSecond} a second`);
    const beginMs = Date.now();
    const restarted: string[] = [];
    const wrongExits: string[] = [];
    const { only } = options;
    for (const { name, restart } of restarts(cluster)) {
      if (only?.includes(name) === false) continue;
      const began = Date.now();
      const code = await restart();
      restarted.push(name);
      if (code !== 0) wrongExits.push(`${name}: ${code}`);
      await flowsSince(sites, Date.now());
      options.progress(
        `${name}: again after ${Date.now() - began} ms; ${load.accepted.size} accepted`,
      );
    }
    const seconds = Math.round((Date.now() - beginMs) / 1_000);
    await load.stop();
    const seen = await others.stop();
    await sites.revive();
    const accepted = [...load.accepted.keys(), ...seen.apiAccepted];
    await awaitEnd(scene, accepted);
    const ledger = await cluster.cli(['ledger', 'check', '--json']);
    return {
      restarted,
      wrongExits,
      seconds,
      accepted: load.accepted.size,
      refused: Object.fromEntries(load.refused),
      broken: load.broken,
      others: seen,
      lost: unended(accepted, sites),
      doubled: findDoubled(sites, [], options.log),
      connectionsMax: Math.max(...sites.sites.map((site) => site.connectionsMax)),
      perSecondMax: Math.max(...sites.sites.map(busiestSecond)),
      ledger: { ok: ledger.code === 0, says: (ledger.stdout + ledger.stderr).trim() },
    };
  } finally {
    await scene.stop();
  }
}

interface Restart {
  readonly name: string;
  /** Gives the exit code. */
  restart(): Promise<number | string>;
}

function restarts({ members, kafka }: Cluster): Restart[] {
  const services = members.map(({ name, process }) => ({
    name,
    restart: async () => {
      const code = await process.terminate();
      await process.start();
      return code;
    },
  }));
  const brokers = (kafka?.brokers ?? []).map((broker, at) => ({
    name: `kafka-${at + 1}`,
    restart: async () => {
      await broker.stop();
      await broker.restart();
      return 0;
    },
  }));
  return [...services, ...brokers];
}
