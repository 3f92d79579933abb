import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { ClusterPods, PodContainer } from '../harness/cluster-pods.ts';
import { repository } from '../steps.ts';
import { renderChart } from './helm.ts';
import { componentOf, podsOf } from './kubernetes-object.ts';
import type { KubernetesObject, Pods } from './kubernetes-object.ts';

export const CHART = `${repository}/charts/staffetta`;
const VALUES = `${repository}/tools/harness/cluster-values.yaml`;

/** What the chart makes of the values of `npm run cluster`. */
export async function renderedCluster(helm: string, chart: string = CHART): Promise<ClusterPods> {
  const values = parse(readFileSync(VALUES, 'utf8')) as object;
  const objects = await renderedObjects(helm, chart, values);
  const config = objects.find(({ kind, data }) => kind === 'ConfigMap' && data?.['staffetta.yaml']);
  return {
    config: parse(config?.data?.['staffetta.yaml'] ?? '') as Record<string, unknown>,
    containers: containersOf(objects),
  };
}

/** The containers of each service, as far as they are what is started and asked. Throws what Helm refuses. */
export function containersOf(objects: readonly KubernetesObject[]): Record<string, PodContainer> {
  const services = podsOf(objects).filter(({ isService }) => isService);
  return Object.fromEntries(services.map((pods) => [componentOf(pods), containerOf(pods)]));
}

export async function renderedObjects(
  helm: string,
  chart: string,
  values: object,
  files: readonly string[] = [],
): Promise<readonly KubernetesObject[]> {
  const rendering = await renderChart(helm, chart, values, files);
  if (rendering.kind === 'refused') throw new Error(rendering.message);
  return rendering.objects;
}

function containerOf({ owner, spec }: Pods): PodContainer {
  const [container, ...others] = spec.containers;
  const { args, env, startupProbe, readinessProbe, livenessProbe } = container ?? {};
  if (!args || !env || !startupProbe || !readinessProbe || !livenessProbe || others.length > 0) {
    throw new Error(`${owner.metadata.name} is not one container with arguments and probes`);
  }
  // The image's entry point is what the cluster starts, and a file of settings it would not read.
  if (container?.command ?? container?.envFrom) {
    throw new Error(`${owner.metadata.name} has a command or an environment of its own`);
  }
  return { args, env, startupProbe, readinessProbe, livenessProbe };
}
