/** The chart before a real API server: every preset, upgrades between them, and what it must refuse. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { installMissing } from '../../install.ts';
import { mustRun } from '../../harness/run-program.ts';
import { repository } from '../../steps.ts';
import { ApiServer } from '../api-server.ts';
import { apiServerTools } from '../api-server-tools.ts';
import { KUBERNETES_VERSION } from '../go-build.ts';
import { renderChart } from '../helm.ts';
import { podsOf } from '../kubernetes-object.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { kubernetesTools } from '../kubernetes-tools.ts';
import type { KubernetesTools } from '../kubernetes-tools.ts';
import { VALUES_OF_ALL_KINDS } from '../values-of-all-kinds.ts';
import { CHANGES, POD_CHANGES } from './bad-objects.ts';
import { standAlonePods } from './stand-alone-pods.ts';

const CHART = `${repository}/charts/staffetta`;
const PRESETS = ['trial', 'small', 'production', 'million-an-hour'];
const ALL = 'all-kinds';
const HOSTNAME = 'mx.example.com';
const RELEASE = 'mail';
/** More than the presets ask for, as an autoscaler would have set it. */
const SCALED_TO = 4;
const START_TIMEOUT_MS = 50 * 60_000;
const LOOK_EVERY_MS = 300;

let tools: KubernetesTools;
let server: ApiServer;

before(
  async () => {
    const missing = await installMissing(['etcd', 'pip3']);
    if (missing !== undefined) throw new Error(missing);
    tools = await kubernetesTools();
    server = await ApiServer.start(await apiServerTools());
  },
  { timeout: START_TIMEOUT_MS },
);

after(() => server?.stop());

test(`the server is Kubernetes ${KUBERNETES_VERSION}`, async () => {
  const { gitVersion } = JSON.parse(await server.must(['get', '--raw', '/version'])) as {
    gitVersion: string;
  };
  assert.equal(gitVersion, `v${KUBERNETES_VERSION}`);
});

for (const preset of [...PRESETS, ALL]) {
  test(`${preset}: the server takes every object, and every pod of it, without a warning`, async (context) => {
    const objects = await rendered(preset);
    await server.makeNamespace(preset);
    // A pod is judged with its account, which is there after the real apply.
    const judged = objects.filter(({ kind }) => kind !== 'Pod');
    assertTaken(await server.apply(judged, preset, { dryRun: true }), judged.length);
    assertTaken(await server.apply(objects, preset), objects.length);
    const pods = standAlonePods(objects);
    assertTaken(await server.apply(pods, preset, { dryRun: true }), pods.length);
    context.diagnostic(`${preset}, objects: ${objects.length}`);
    context.diagnostic(`${preset}, pods: ${pods.length}`);
  });
}

for (const helm of ['helm3', 'helm4'] as const) {
  test(`${helm}: upgrades from each preset to the next, and keeps how many workers run`, async (context) => {
    await server.makeNamespace(helm);
    let before: readonly KubernetesObject[] = [];
    for (const [index, preset] of PRESETS.entries()) {
      await withJobsDone(helm, installed(helm, preset, index === 0));
      const now = await rendered(preset);
      await assertThere(now, before, helm);
      before = now;
      if (preset === 'small') await scaleDelivery(helm);
      if (index > 1) assert.equal(await deliveryReplicas(helm), SCALED_TO, preset);
    }
    context.diagnostic(`${helm}, upgrades: ${PRESETS.length - 1}`);
  });
}

for (const [what, kind, change, message] of CHANGES) {
  test(`refused by the server: ${what}`, async () => {
    const objects = structuredClone(await rendered(ALL)) as KubernetesObject[];
    const object = objects.find((one) => one.kind === kind);
    assert.ok(object, `there is no ${kind}`);
    assertTaken(await server.apply([object], ALL, { dryRun: true }), 1);
    change(object.spec ?? {});
    const { code, output } = await server.apply([object], ALL, { dryRun: true });
    assert.notEqual(code, 0, output);
    assert.match(output, message);
  });
}

for (const [what, change, message] of POD_CHANGES) {
  test(`refused by the restricted level: ${what}`, async () => {
    const [pod] = standAlonePods(await rendered(ALL));
    assert.ok(pod);
    assertTaken(await server.apply([pod], ALL, { dryRun: true }), 1);
    change(pod.spec);
    const { code, output } = await server.apply([pod], ALL, { dryRun: true });
    assert.notEqual(code, 0, output);
    assert.match(output, /violates PodSecurity "restricted:/);
    assert.match(output, message);
  });
}

async function rendered(preset: string): Promise<readonly KubernetesObject[]> {
  const isAll = preset === ALL;
  const files = isAll ? [] : [`${CHART}/values-${preset}.yaml`];
  const values = isAll ? VALUES_OF_ALL_KINDS : { hostname: HOSTNAME };
  const rendering = await renderChart(tools.helm4, CHART, values, files);
  if (rendering.kind === 'refused') throw new Error(rendering.message);
  return rendering.objects;
}

function assertTaken({ code, output }: { code: number; output: string }, count: number): void {
  assert.equal(code, 0, output);
  assert.doesNotMatch(output, /^Warning/m);
  assert.equal(output.match(/serverside-applied/g)?.length, count, output);
}

function installed(helm: 'helm3' | 'helm4', preset: string, isFirst: boolean): Promise<string> {
  const values = ['-f', `${CHART}/values-${preset}.yaml`, '--set', `hostname=${HOSTNAME}`];
  const where = ['--namespace', helm, '--kubeconfig', server.kubeconfig, '--timeout', '50s'];
  return mustRun([
    tools[helm],
    isFirst ? 'install' : 'upgrade',
    RELEASE,
    CHART,
    ...values,
    ...where,
  ]);
}

/** Helm waits for its hooks. */
async function withJobsDone(namespace: string, running: Promise<string>): Promise<void> {
  let isRunning = true;
  const ended = running.finally(() => (isRunning = false));
  // Its failure is thrown below; until then nobody looks at it.
  ended.catch(() => undefined);
  while (isRunning) {
    await server.finishJobs(namespace);
    await Promise.race([ended, pause()]).catch(() => undefined);
  }
  await ended;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}

/** All that is rendered is there as it is rendered now, and what is rendered no longer is gone. */
async function assertThere(
  now: readonly KubernetesObject[],
  before: readonly KubernetesObject[],
  namespace: string,
): Promise<void> {
  const release = now.filter((one) => !isHook(one));
  const kinds = [...new Set([...now, ...before].map(({ kind }) => kind))];
  const live = new Map((await server.list(kinds, namespace)).map((one) => [nameOf(one), one]));
  const names = new Set(release.map(nameOf));
  for (const one of release) {
    const there = live.get(nameOf(one));
    assert.ok(there, `${nameOf(one)} is not there`);
    assert.deepEqual(pinned(there), pinned(one), nameOf(one));
  }
  const left = before.filter((one) => !isHook(one) && !isKept(one) && !names.has(nameOf(one)));
  const stale = left.map(nameOf).filter((name) => live.has(name));
  assert.deepEqual(stale, []);
}

/** What the server adds nothing to, an autoscaler does not change, and names no namespace. */
function pinned(object: KubernetesObject): unknown {
  const template = podsOf([object])[0];
  const { args, image, env = [] } = template?.spec.containers[0] ?? {};
  const variables = env.map(({ name, value }) => `${name}=${value ?? ''}`);
  const sum = template?.annotations['checksum/config'];
  const { groups } = object.spec ?? {};
  const isText = object.kind === 'ConfigMap';
  return { args, image, variables, sum, groups, data: isText ? object.data : undefined };
}

async function scaleDelivery(namespace: string): Promise<void> {
  const target = `deployment/${RELEASE}-staffetta-delivery`;
  await server.must(['scale', target, `--replicas=${SCALED_TO}`, '--namespace', namespace]);
}

async function deliveryReplicas(namespace: string): Promise<unknown> {
  const all = await server.list(['deployments'], namespace);
  return all.find(({ metadata }) => metadata.name.endsWith('-delivery'))?.spec?.['replicas'];
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.name}`;
}

function isHook({ metadata }: KubernetesObject): boolean {
  return metadata.annotations?.['helm.sh/hook'] !== undefined;
}

function isKept({ metadata }: KubernetesObject): boolean {
  return metadata.annotations?.['helm.sh/resource-policy'] === 'keep';
}
