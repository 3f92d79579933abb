import type { Clock, ClusterView, Instance, LaneView, TopicLag } from '@staffetta/core';
import type { ClusterInstance, ClusterSnapshot, Duty } from './cluster-snapshot.ts';
import { findClusterProblems } from './find-cluster-problems.ts';
import { LagHistory } from './lag-history.ts';

/** One who asks again within this time gets the same answer. */
const FRESH_MS = 1_000;
/** A process that ended without a word is told of for so long. */
const HEARD_OF_MS = 15 * 60_000;

/** The cluster as operators see it: one look a second for all who ask, and none while nobody does. */
export class ClusterDesk {
  readonly #cluster: ClusterView;
  readonly #clock: Clock;
  readonly #lags = new LagHistory();
  #latest: ClusterSnapshot | undefined;
  #looking: Promise<ClusterSnapshot> | undefined;

  constructor(cluster: ClusterView, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /** At most a second old. */
  async snapshot(): Promise<ClusterSnapshot> {
    const latest = this.#latest;
    if (latest && this.#clock.now() - latest.at < FRESH_MS) return latest;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<ClusterSnapshot> {
    const instances = await this.#cluster.instances(HEARD_OF_MS);
    const lanes = await this.#cluster.lanes();
    const lag = await this.#cluster.lag();
    const at = this.#clock.now();
    this.#lags.push(at, lag);
    this.#latest = this.#describe(at, instances, lanes, lag);
    return this.#latest;
  }

  #describe(
    at: number,
    instances: readonly Instance[],
    lanes: readonly LaneView[],
    lag: readonly TopicLag[],
  ): ClusterSnapshot {
    const duties = dutiesOf(instances);
    const facts = {
      at,
      instances: instances.map((instance) => viewOf(instance, lanes)),
      ...{ lanes, lag, duties },
    };
    return { ...facts, problems: findClusterProblems({ ...facts, growing: this.#lags.growing() }) };
  }
}

function viewOf({ report, ...instance }: Instance, lanes: readonly LaneView[]): ClusterInstance {
  return {
    ...instance,
    health: report.health ?? [],
    lanes: lanes.filter(({ owner }) => owner === instance.id).length,
  };
}

/** Each duty once, of whoever did it last. */
function dutiesOf(instances: readonly Instance[]): readonly Duty[] {
  const latest = new Map<string, Duty>();
  for (const { id, report } of instances) {
    for (const [name, atMs] of Object.entries(report.duties ?? {})) {
      if (atMs > (latest.get(name)?.atMs ?? 0)) latest.set(name, { name, instance: id, atMs });
    }
  }
  return [...latest.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}
