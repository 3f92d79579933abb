/** What `npm run cluster` starts and asks is what the chart's pods are started with and asked. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { SERVICES } from '../harness/cluster.ts';
import { clusterPods } from '../harness/cluster-pods.ts';
import type { PodContainer } from '../harness/cluster-pods.ts';
import { kubernetesTools } from './kubernetes-tools.ts';
import { CHART, containersOf, renderedCluster, renderedObjects } from './rendered-cluster.ts';

const FETCH_TIMEOUT_MS = 5 * 60_000;
const PRESETS = ['small', 'production', 'million-an-hour'];

let helm: string;

before(async () => (helm = (await kubernetesTools()).helm4), { timeout: FETCH_TIMEOUT_MS });

test('what the cluster takes is what the chart renders now; else run node tools/cluster-pods.ts', async () => {
  const pods = clusterPods();
  assert.deepEqual(Object.keys(pods.containers).sort(), [...SERVICES].sort());
  assert.deepEqual(pods, await renderedCluster(helm));
});

for (const preset of PRESETS) {
  test(`${preset}: its services have the commands, names of the environment, and probes of the cluster`, async () => {
    const values = { hostname: 'mx.example.com' };
    const files = [`${CHART}/values-${preset}.yaml`];
    const containers = containersOf(await renderedObjects(helm, CHART, values, files));
    assert.deepEqual(shapes(containers), shapes(clusterPods().containers));
  });
}

/** Without the values of the environment, which differ by size. */
function shapes(containers: Readonly<Record<string, PodContainer>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(containers).map(([name, { env, ...others }]) => [
      name,
      { ...others, env: env.map((entry) => entry.name) },
    ]),
  );
}
