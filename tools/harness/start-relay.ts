/** What a point runs against: one process with all services, or, with `--cluster`, two of each and a log of their own. */
import { chosenLog } from './chosen-log.ts';
import { Cluster } from './cluster.ts';
import type { LogKind } from './cluster.ts';
import type { Point } from './point.ts';
import type { Relay } from './relay.ts';
import { Staffetta } from './staffetta.ts';
import type { StaffettaOptions } from './staffetta.ts';

const CLUSTER_OPTION = '--cluster';

export function isClusterRun(): boolean {
  return process.argv.includes(CLUSTER_OPTION);
}

/** Where its mail moves. */
export function relayLog(): LogKind {
  return isClusterRun() ? chosenLog() : 'postgres';
}

/** Runs and is ready; it ends with the point. */
export async function startRelay(
  point: Point,
  options: Pick<StaffettaOptions, 'env' | 'dataDir'>,
): Promise<Relay> {
  if (isClusterRun()) return startCluster(point, options.env);
  // A start that fails is ended with the point too.
  const staffetta = point.atEnd(await Staffetta.prepare(options));
  await staffetta.start();
  return staffetta;
}

async function startCluster(point: Point, env: StaffettaOptions['env'] = {}): Promise<Relay> {
  const log = relayLog();
  point.figure('cluster, log', log);
  return point.atEnd(await Cluster.start({ log, env }));
}
