import type { PartHealth } from '@staffetta/core';
import type { ClusterInstance, ClusterProblem } from './cluster-snapshot.ts';
import { nameInstance, sayCount, sayDuration } from './words.ts';

/** A process may take so long until it is ready. */
const START_MS = 60_000;
/** So many processes with the same trouble are told of one by one. */
const SINGLE_MAX = 3;
/** So many of more are named. */
const NAMES_MAX = 6;

/** Processes that are dead, not ready or not well, and versions that differ. */
export function instanceProblems(
  instances: readonly ClusterInstance[],
  at: number,
): readonly ClusterProblem[] {
  const able = instances.filter(({ alive, ready }) => alive && ready);
  const alone = (instance: ClusterInstance): readonly string[] =>
    instance.services.filter((service) => !able.some(({ services }) => services.includes(service)));
  return [
    ...together(
      instances.filter(({ alive }) => !alive),
      (one) => deadProblem(one, alone(one), at),
      'give no sign of life',
    ),
    ...together(
      instances.filter(({ alive, ready }) => alive && !ready),
      (one) => unreadyProblem(one, alone(one), at),
      'are not ready',
    ),
    ...instances
      .filter(({ alive }) => alive)
      .flatMap((one) => one.health.filter(({ ok }) => !ok).map((part) => partProblem(one, part))),
    ...versionProblems(instances),
  ];
}

/** The same trouble of many processes is one problem for each severity, or a lost host would fill the page. */
function together(
  instances: readonly ClusterInstance[],
  problemOf: (instance: ClusterInstance) => ClusterProblem,
  words: string,
): readonly ClusterProblem[] {
  const all = instances.map((instance) => ({ instance, problem: problemOf(instance) }));
  if (all.length <= SINGLE_MAX) return all.map(({ problem }) => problem);
  return [...Map.groupBy(all, ({ problem }) => problem.severity)].map(([severity, some]) => {
    const names = some.slice(0, NAMES_MAX).map(({ instance }) => nameInstance(instance));
    const more = some.length - names.length;
    return {
      key: `${words} ${severity}`,
      severity,
      title: `${sayCount(some.length, 'process', 'processes')} ${words}`,
      detail: `${names.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
      advice: some[0]?.problem.advice ?? '',
    };
  });
}

function deadProblem(
  instance: ClusterInstance,
  alone: readonly string[],
  at: number,
): ClusterProblem {
  const name = nameInstance(instance);
  return {
    key: `dead ${instance.id}`,
    severity: alone.length > 0 ? 'critical' : 'warning',
    title: `${name} gives no sign of life`,
    detail:
      `The last was ${sayDuration(at - instance.heartbeatAtMs)} ago. ` +
      (alone.length > 0
        ? `No other process is ready for ${alone.join(', ')}.`
        : instance.lanes > 0
          ? `Others do its work, and take its ${sayCount(instance.lanes, 'lane')} when its leases end (10 s at most).`
          : 'Others do its work.'),
    advice:
      alone.length > 0
        ? 'Start it again, on the same data folder where there is one. Mail that was accepted is in the log.'
        : 'If it was not ended on purpose, look at why it died, and start it again. Else there is nothing to do: it is forgotten after 15 minutes.',
  };
}

function unreadyProblem(
  instance: ClusterInstance,
  alone: readonly string[],
  at: number,
): ClusterProblem {
  const name = nameInstance(instance);
  const forMs = at - instance.startedAtMs;
  const isStarting = forMs < START_MS;
  const { host, telemetryPort } = instance;
  return {
    key: `unready ${instance.id}`,
    severity: isStarting || alone.length === 0 ? 'warning' : 'critical',
    title: isStarting ? `${name} is starting` : `${name} is not ready`,
    detail:
      `It was started ${sayDuration(forMs)} ago. ` +
      (alone.length > 0
        ? `No other process is ready for ${alone.join(', ')}.`
        : 'Others do its work.'),
    advice: isStarting
      ? 'Wait a moment.'
      : 'Ask it what it waits for, and look at its log. It may also be draining before its end.',
    ...(telemetryPort > 0 && !isStarting
      ? { command: `curl http://${host}:${telemetryPort}/readyz` }
      : {}),
  };
}

function partProblem(instance: ClusterInstance, { name, detail }: PartHealth): ClusterProblem {
  const where = nameInstance(instance);
  const key = `part ${instance.id} ${name}`;
  if (name === 'disk') {
    return {
      key,
      severity: 'critical',
      title: `The disk of ${where} is almost full`,
      detail: `${detail}. Its doors answer 452, so that clients keep their mail and try again.`,
      advice: 'Free space or make the volume larger; it takes mail again by itself.',
      command: 'df -h',
    };
  }
  return {
    key,
    severity: 'critical',
    title: `${name} is not well in ${where}`,
    detail: detail === '' ? 'It does not say why.' : `${detail}.`,
    advice: 'Look at its log.',
  };
}

function versionProblems(instances: readonly ClusterInstance[]): readonly ClusterProblem[] {
  const alive = instances.filter((instance) => instance.alive);
  const versions = Map.groupBy(alive, ({ version }) => version);
  if (versions.size < 2) return [];
  const counts = [...versions].map(([version, running]) => `${version} (${running.length})`);
  return [
    {
      key: 'versions',
      severity: 'warning',
      title: `${versions.size} versions run beside each other`,
      detail: `${counts.sort().join(', ')}. That is as it should be during an update.`,
      advice: 'If no update is under way, restart those that are behind.',
    },
  ];
}
