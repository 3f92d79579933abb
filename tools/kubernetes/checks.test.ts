/** The checks find what is wrong: each change of what the chart renders is seen. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { renderChart } from './helm.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { kubernetesTools } from './kubernetes-tools.ts';
import { ObjectSchemas } from './object-schemas.ts';
import { releaseProblems } from './release-policies.ts';
import { VALUES_OF_ALL_KINDS } from './values-of-all-kinds.ts';
import { repository } from '../steps.ts';

type Json = Record<string, unknown>;
/** Changes one object; undefined takes it away. */
type Change = (spec: Json, object: Json) => void;

const FETCH_TIMEOUT_MS = 5 * 60_000;
const FACTS = { drainMs: 600_000, lanes: 64, remotePort: 25 };

let objects: readonly KubernetesObject[];
let schemas: ObjectSchemas;

before(
  async () => {
    const tools = await kubernetesTools();
    schemas = await ObjectSchemas.load(tools);
    const chart = `${repository}/charts/staffetta`;
    const rendering = await renderChart(tools.helm4, chart, VALUES_OF_ALL_KINDS);
    objects = rendering.kind === 'rendered' ? rendering.objects : [];
  },
  { timeout: FETCH_TIMEOUT_MS },
);

const CHANGES: readonly (readonly [kind: string, component: string, Change, finds: RegExp])[] = [
  ['Deployment', 'router', (spec) => (pod(spec)['enableServiceLinks'] = true), /service links/],
  ['Deployment', 'router', (spec) => delete pod(spec)['securityContext'], /does not run as 10001/],
  ['Deployment', 'router', (spec) => (pod(spec)['hostNetwork'] = true), /network of the host/],
  ['Deployment', 'api', (spec) => delete one(spec)['securityContext'], /writes to its root/],
  ['Deployment', 'api', (spec) => delete one(spec)['resources'], /no memory limit/],
  ['Deployment', 'api', (spec) => delete one(spec)['readinessProbe'], /readinessProbe/],
  [
    'Deployment',
    'api',
    (spec) => (one(spec)['livenessProbe'] = one(spec)['readinessProbe']),
    /liveness/,
  ],
  ['Deployment', 'api', (spec) => (pod(spec)['terminationGracePeriodSeconds'] = 30), /is killed/],
  [
    'Deployment',
    'api',
    (spec) => (pod(spec)['serviceAccountName'] = 'other'),
    /other is not there/,
  ],
  ['Deployment', 'api', (spec) => delete pod(spec)['topologySpreadConstraints'], /not spread/],
  ['Deployment', 'api', (spec) => (spec['replicas'] = 1), /wrong budget/],
  ['Deployment', 'api', (spec) => (one(spec)['ports'] = []), /no pod has the port api/],
  [
    'Deployment',
    'api',
    (spec) => (one(spec)['env'] = [{ name: 'STAFFETTA_DATABASE_URL', value: 'postgresql://a' }]),
    /not a reference/,
  ],
  ['Deployment', 'api', (spec) => (spec['replica'] = 1), /should NOT have additional/],
  ['Deployment', 'api', (spec) => (spec['replicas'] = 'two'), /should be integer/],
  ['Service', 'ingress', (spec) => (spec['selector'] = { app: 'x' }), /selects 0 components/],
  ['Service', 'ingress', (spec) => (spec['sessionAffinity'] = 5), /should be string/],
  ['PodDisruptionBudget', 'api', (spec) => delete spec['unhealthyPodEvictionPolicy'], /hold up/],
  ['NetworkPolicy', 'router', (spec) => (spec['egress'] = [{}]), /can reach other mail servers/],
  ['NetworkPolicy', 'delivery', (spec) => (spec['egress'] = []), /cannot reach other mail/],
  ['NetworkPolicy', 'api', (spec) => (spec['ingress'] = []), /nobody can reach its port api/],
  ['NetworkPolicy', 'config', (spec) => (spec['egress'] = [{}]), /not denied by default/],
  ['ScaledObject', 'delivery', (spec) => (spec['triggers'] = [{}]), /triggers/],
  ['ScaledObject', 'delivery', (spec) => (spec['maxReplicaCount'] = 65), /65 workers for 64 lanes/],
  ['ScaledObject', 'delivery', (spec) => (spec['scaleTargetRef'] = { name: 'x' }), /is not there/],
  ['PodMonitor', 'config', (spec) => delete spec['selector'], /selector/],
  ['PrometheusRule', 'config', (spec) => (spec['groups'] = [{ rules: [] }]), /groups/],
  ['HTTPRoute', 'api', (spec) => (spec['parentRefs'] = [{}]), /parentRefs/],
  ['Certificate', 'config', (spec) => delete spec['secretName'], /secretName/],
  [
    'ConfigMap',
    'config',
    (_spec, object) => (object['data'] = { 'staffetta.yaml': 'database: postgresql://u:p@h/d' }),
    /holds a secret/,
  ],
];

test('what the chart renders has nothing wrong', () => {
  assert.ok(objects.length > 30, `only ${objects.length} objects`);
  assert.deepEqual(problemsOf(objects), []);
});

for (const [kind, component, change, finds] of CHANGES) {
  test(`found in a ${kind} of ${component}: ${finds.source}`, () => {
    const changed = structuredClone(objects) as unknown as Json[];
    const object = changed.find(
      (candidate) => candidate['kind'] === kind && componentIn(candidate) === component,
    );
    assert.ok(object, 'there is no such object');
    change((object['spec'] ?? {}) as Json, object);
    assert.match(problemsOf(changed as unknown as KubernetesObject[]).join('\n'), finds);
  });
}

function problemsOf(some: readonly KubernetesObject[]): string[] {
  return [...some.flatMap((object) => schemas.problems(object)), ...releaseProblems(some, FACTS)];
}

function componentIn(object: Json): string | undefined {
  const { labels = {} } = object['metadata'] as { labels?: Record<string, string> };
  return labels['app.kubernetes.io/component'];
}

/** The spec of the pods that an object makes. */
function pod(spec: Json): Json {
  return (spec['template'] as { spec: Json }).spec;
}

/** Their first container. */
function one(spec: Json): Json {
  return (pod(spec)['containers'] as [Json])[0];
}
