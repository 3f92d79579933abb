/** What the chart's pods are, as `npm run cluster` starts them without Helm; a test compares it with the chart. */
import { readFileSync } from 'node:fs';
import type { Container, EnvironmentEntry, Probe } from '../kubernetes/kubernetes-object.ts';
import { repository } from '../steps.ts';

/** Written by tools/cluster-pods.ts. */
export const CLUSTER_PODS_FILE = `${repository}/tools/harness/cluster-pods.json`;
/** Kubernetes reaches a pod by them; one machine has this one. */
const POD_IPS = '127.0.0.1';

/** What a container of a pod is started with and asked. */
export type PodContainer = Required<Pick<Container, 'args' | 'env' | ProbeName>>;
export type ProbeName = 'startupProbe' | 'readinessProbe' | 'livenessProbe';

export interface ClusterPods {
  /** staffetta.yaml, the same in all pods. */
  readonly config: Readonly<Record<string, unknown>>;
  /** By service. */
  readonly containers: Readonly<Record<string, PodContainer>>;
}

export function clusterPods(): ClusterPods {
  return JSON.parse(readFileSync(CLUSTER_PODS_FILE, 'utf8')) as ClusterPods;
}

/**
 * The environment of a container on this machine: what the chart writes, with the settings given here (keys with the
 * prefix) in place of it. What comes from a Secret must be among them.
 */
export function containerEnvironment(
  { env }: Pick<PodContainer, 'env'>,
  settings: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const written = env.map(
    (entry) => [entry.name, settings[entry.name] ?? filledIn(entry)] as const,
  );
  return { ...Object.fromEntries(written), ...settings };
}

export function probePath({ httpGet }: Probe): string {
  if (httpGet?.port !== 'telemetry') throw new Error('the probe does not ask the telemetry port');
  return httpGet.path;
}

function filledIn({ name, value, valueFrom }: EnvironmentEntry): string {
  if (value !== undefined) return value.replaceAll('$(POD_IPS)', POD_IPS);
  if ('fieldRef' in (valueFrom as object)) return POD_IPS;
  throw new Error(`${name} is of a Secret, and nobody says what it is`);
}
