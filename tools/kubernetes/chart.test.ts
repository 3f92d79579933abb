import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { before, test } from 'node:test';
import { parse } from 'yaml';
import { seededRandom } from '@staffetta/testing';
import { chartValues } from './chart-values.ts';
import { lintChart, renderChart } from './helm.ts';
import type { Rendering } from './helm.ts';
import type { JsonSchema } from './json-schema.ts';
import { podsOf } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { kubernetesTools } from './kubernetes-tools.ts';
import type { KubernetesTools } from './kubernetes-tools.ts';
import { ObjectSchemas } from './object-schemas.ts';
import { randomValues } from './random-values.ts';
import type { Values } from './random-values.ts';
import { releaseProblems } from './release-policies.ts';
import { configOfPod } from './rendered-config.ts';
import { repository } from '../steps.ts';

const CHART = `${repository}/charts/staffetta`;
const PRESETS = ['trial', 'small', 'production', 'million-an-hour'];
const RANDOM_FILES = 200;
const BAD_FILES = 40;
const FETCH_TIMEOUT_MS = 5 * 60_000;
const SEED = Number(process.env['STAFFETTA_TEST_SEED'] ?? Date.now() % 1_000_000);
const NEEDED: Values = {
  hostname: 'mx.example.com',
  database: { existingSecret: 'mail-database' },
  operator: { existingSecret: 'mail-operator' },
};

let tools: KubernetesTools;
let schemas: ObjectSchemas;

before(
  async () => {
    tools = await kubernetesTools();
    schemas = await ObjectSchemas.load(tools);
  },
  { timeout: FETCH_TIMEOUT_MS },
);

for (const preset of PRESETS) {
  const file = `${CHART}/values-${preset}.yaml`;
  const values = { hostname: 'mx.example.com' };

  test(`${preset}: Helm 3 and 4 find nothing wrong and render the same, valid objects`, async () => {
    await lintChart(tools.helm3, CHART, [file]);
    await lintChart(tools.helm4, CHART, [file]);
    const three = objectsOf(await renderChart(tools.helm3, CHART, values, [file]));
    const four = objectsOf(await renderChart(tools.helm4, CHART, values, [file]));
    assert.deepEqual(comparable(three), comparable(four));
    assert.ok(four.length > 10, `only ${four.length} objects`);
    assert.deepEqual(problemsOf(four), []);
  });
}

test(`${RANDOM_FILES} random values files give valid objects, and configurations that the program takes (seed ${SEED})`, async () => {
  const chance = seededRandom(SEED).next;
  const schema = chartValues();
  const files = Array.from({ length: RANDOM_FILES }, () => randomValues(schema, chance));
  let rendered = 0;
  await inPairs(files, async (values, index) => {
    const helm = index % 2 === 0 ? tools.helm3 : tools.helm4;
    const rendering = await renderChart(helm, CHART, values);
    const why = `file ${index} of seed ${SEED}: ${JSON.stringify(values)}`;
    assert.equal(rendering.kind, 'rendered', `${why}\n${JSON.stringify(rendering)}`);
    assert.deepEqual(problemsOf(objectsOf(rendering)), [], why);
    rendered++;
  });
  assert.equal(rendered, RANDOM_FILES);
});

test(`a value of the wrong kind is refused with a message that names it (seed ${SEED})`, async () => {
  const chance = seededRandom(SEED).next;
  const leaves = leavesOf(chartValues(), []);
  assert.ok(leaves.length > 100, `only ${leaves.length} values`);
  const chosen = Array.from(
    { length: BAD_FILES },
    () => leaves[Math.floor(chance() * leaves.length)] ?? [],
  );
  await inPairs(chosen, async (path, index) => {
    const values = structuredClone(NEEDED);
    set(values, path, ['wrong', { kind: 'of value' }]);
    const helm = index % 2 === 0 ? tools.helm3 : tools.helm4;
    assert.match(await refusal(helm, values), new RegExp(path.join('[./]')), path.join('.'));
  });
});

const REFUSED: readonly (readonly [what: string, values: Values, message: RegExp])[] = [
  ['no hostname', { hostname: '' }, /hostname/],
  ['a hostname that is none', { hostname: 'localhost' }, /hostname/],
  ['a key that is not there', { config: { smtp: { sizeBytez: 1 } } }, /smtp.*sizeBytez/],
  ['a key that the chart sets', { config: { database: { url: 'x' } } }, /database.*url/],
  ['a number below its least', { config: { drainMs: -1 } }, /drainMs/],
  ['another log', { config: { log: { kind: 'rabbit' } } }, /config[./]log[./]kind/],
  ['no database', { database: { existingSecret: '' } }, /database\.existingSecret/],
  ['no operator', { operator: { existingSecret: '' } }, /operator\.existingSecret/],
  [
    'two certificates',
    { tls: { existingSecret: 'x', certManager: { enabled: true, issuerName: 'y' } } },
    /tls\.existingSecret and tls\.certManager/,
  ],
  [
    'a user of Kafka of whom nothing is used',
    { kafka: { existingSecret: 'kafka-user' } },
    /kafka\.existingSecret: nothing/,
  ],
  [
    'more workers than lanes',
    {
      config: { log: { lanes: 8 } },
      services: {
        delivery: { autoscaling: { enabled: true, maxReplicas: 9, prometheusAddress: 'http://p' } },
      },
    },
    /services\.delivery\.autoscaling\.maxReplicas.*log\.lanes/,
  ],
  [
    'a PROXY door without balancers',
    { doors: { proxyMx: true }, networkPolicy: { proxyFrom: [{ podSelector: {} }] } },
    /config\.smtp\.proxyNetworks.*doors\.proxyMx/,
  ],
  [
    'a PROXY door for every pod',
    { doors: { proxySubmission: true }, config: { smtp: { proxyNetworks: ['10.0.0.0/8'] } } },
    /networkPolicy\.proxyFrom.*doors\.proxySubmission/,
  ],
  [
    'KEDA without Prometheus',
    { services: { delivery: { autoscaling: { enabled: true } } } },
    /prometheusAddress/,
  ],
  [
    'a limit without a unit',
    { services: { ingress: { resources: { limits: { memory: '512' } } } } },
    /memory/,
  ],
  ['a database of the chart itself', { postgresql: { enabled: true } }, /postgresql/],
];

for (const [what, values, message] of REFUSED) {
  test(`refused, and named: ${what}`, async () => {
    for (const helm of [tools.helm3, tools.helm4]) {
      assert.match(await refusal(helm, { ...NEEDED, ...values }), message);
    }
  });
}

test('an upgrade from one preset to the next changes no field that cannot be changed', async () => {
  const immutable = async (preset: string): Promise<ReadonlyMap<string, unknown>> => {
    const file = `${CHART}/values-${preset}.yaml`;
    const values = { hostname: 'mx.example.com' };
    const objects = objectsOf(await renderChart(tools.helm4, CHART, values, [file]));
    return new Map(
      objects.map(({ kind, metadata, spec }) => [
        `${kind} ${metadata.name}`,
        fixedPart(kind, spec),
      ]),
    );
  };
  for (const [from = '', to = ''] of [
    PRESETS.slice(0, 2),
    PRESETS.slice(1, 3),
    PRESETS.slice(2, 4),
  ]) {
    const earlier = await immutable(from);
    const later = await immutable(to);
    const kept = [...earlier.keys()].filter((name) => later.has(name));
    assert.ok(kept.length >= 5, `${from} and ${to} share ${kept.length} objects`);
    for (const name of kept) assert.deepEqual(later.get(name), earlier.get(name), name);
  }
});

test('rules and dashboards are those of ops, and each alert names its page where the operators read it', async () => {
  const runbooksUrl = 'https://wiki.example.com/mail';
  const values = {
    ...NEEDED,
    prometheusRule: { enabled: true, runbooksUrl },
    dashboards: { enabled: true },
  };
  const objects = objectsOf(await renderChart(tools.helm4, CHART, values));
  assert.deepEqual(problemsOf(objects), []);
  const rules = objects.filter(({ kind }) => kind === 'PrometheusRule').map(({ spec }) => spec);
  const expected = ['recording', 'alerts'].map((name): unknown => {
    const text = readFileSync(`${repository}/ops/prometheus/${name}.rules.yaml`, 'utf8');
    return parse(text.replaceAll('runbook_url: docs/runbooks', `runbook_url: ${runbooksUrl}`));
  });
  assert.deepEqual(rules, expected);
  assert.match(JSON.stringify(rules), /"runbook_url":"https:\/\/wiki\.example\.com\/mail\//);
  const shown = objects.flatMap(({ kind, metadata, data = {} }) =>
    kind === 'ConfigMap' && metadata.labels?.['grafana_dashboard'] === '1'
      ? Object.entries(data)
      : [],
  );
  const files = globSync(`${repository}/ops/grafana/*.json`);
  assert.ok(files.length >= 6, `${files.length} dashboards`);
  assert.deepEqual(
    new Map(shown),
    new Map(files.map((file) => [basename(file), readFileSync(file, 'utf8')])),
  );
});

test('what needs the Prometheus operator is left out where its kinds are missing', async () => {
  const values = { ...NEEDED, podMonitor: { enabled: true }, prometheusRule: { enabled: true } };
  const kinds = async (operators?: readonly string[]): Promise<ReadonlySet<string>> => {
    const rendering = await renderChart(tools.helm4, CHART, values, [], operators);
    return new Set(objectsOf(rendering).map(({ kind }) => kind));
  };
  const without = await kinds([]);
  const added = [...(await kinds())].filter((kind) => !without.has(kind));
  assert.deepEqual(added.sort(), ['PodMonitor', 'PrometheusRule']);
});

test('a door that is off has no port, no Service and no rule', async () => {
  const doors = { imap: false, pop3: false, lmtp: false, api: false };
  const objects = objectsOf(await renderChart(tools.helm4, CHART, { ...NEEDED, doors }));
  assert.deepEqual(problemsOf(objects), []);
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  assert.ok(names.includes('Service mail-staffetta-smtp'));
  assert.deepEqual(
    names.filter((name) => /api$|^Service .*(mailbox|lmtp)$/.test(name)),
    [],
  );
  const mailbox = podsOf(objects).find(({ owner }) => owner.metadata.name.endsWith('-mailbox'));
  const { imap, pop3, lmtp, api } = configOfPod(objects, mailbox!);
  assert.deepEqual([imap.port, imap.tlsPort, pop3.port, lmtp.port, api.port], [0, 0, 0, 0, 0]);
});

test("the client's address is kept unless a value gives it away", async () => {
  const find = async (values: Values): Promise<unknown> => {
    const objects = objectsOf(await renderChart(tools.helm4, CHART, { ...NEEDED, ...values }));
    const smtp = objects.find(({ metadata }) => metadata.name === 'mail-staffetta-smtp');
    return smtp?.spec?.['externalTrafficPolicy'];
  };
  assert.equal(await find({}), 'Local');
  assert.equal(await find({ expose: { smtp: { externalTrafficPolicy: 'Cluster' } } }), 'Cluster');
});

test('doors of the PROXY protocol have a Service of their own, and only the balancers reach them', async () => {
  const from = [{ podSelector: { matchLabels: { app: 'balancer' } } }];
  for (const allInOne of [false, true]) {
    const values = {
      ...NEEDED,
      doors: { proxyMx: true, proxySubmission: true, proxySubmissions: true },
      config: { smtp: { proxyNetworks: ['10.0.0.0/8'] } },
      networkPolicy: { proxyFrom: from },
      allInOne: { enabled: allInOne },
    };
    const objects = objectsOf(await renderChart(tools.helm4, CHART, values));
    assert.deepEqual(problemsOf(objects), []);
    const name = allInOne ? 'all-in-one' : 'ingress';
    const pods = podsOf(objects).find(({ owner }) => owner.metadata.name.endsWith(`-${name}`));
    const { smtp } = configOfPod(objects, pods!);
    assert.deepEqual(
      [smtp.proxyMxPort, smtp.proxySubmissionPort, smtp.proxySubmissionsPort, smtp.proxyNetworks],
      [2526, 2588, 2466, ['10.0.0.0/8']],
    );
    const service = objects.find(({ metadata }) => metadata.name === 'mail-staffetta-proxy');
    assert.equal(service?.spec?.['type'], 'ClusterIP');
    const policy = objects.find(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name.endsWith(`-${name}`),
    );
    type Rule = { readonly from: unknown; readonly ports?: readonly { readonly port: string }[] };
    const rules = policy?.spec?.['ingress'] as readonly Rule[];
    for (const port of ['proxy-smtp', 'proxy-submit', 'proxy-submits']) {
      const opening = rules.filter(({ ports }) => !ports || ports.some((one) => one.port === port));
      assert.deepEqual(opening, [{ from, ports: [{ port }] }], port);
    }
  }
});

test('migration has the configuration of the services, and may reach what it brings to this version', async () => {
  for (const as of ['hook', 'job']) {
    const config = { log: { kind: 'kafka', kafka: { brokers: ['kafka-0.kafka:9092'] } } };
    const values = { ...NEEDED, config, migration: { as } };
    const objects = objectsOf(await renderChart(tools.helm4, CHART, values));
    assert.deepEqual(problemsOf(objects), []);
    const migration = podsOf(objects).find(({ owner }) => owner.kind === 'Job');
    assert.deepEqual(migration?.spec.containers[0]?.args, ['migrate']);
    assert.deepEqual(configOfPod(objects, migration).log, {
      ...configOfPod(objects, podsOf(objects)[0]!).log,
      kind: 'kafka',
    });
    const policy = objects.find(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name.endsWith('-migrate'),
    );
    assert.match(JSON.stringify(policy?.spec), /5432.*9092/);
  }
});

test('who Kafka is used as is in all pods and in the migration, in the files that the configuration names', async () => {
  const items = (...pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([key, path]) => ({ key, path }));
  const password = { sasl: { mechanism: 'scram-sha-512', username: 'staffetta' } };
  const authority = { name: 'kafka-cluster-ca-cert', items: items(['ca.crt', 'ca.crt']) };
  const ways = [
    [{}, password, items(['password', 'password'])],
    [
      { certKey: 'user.crt', keyKey: 'tls.key' },
      {},
      items(['user.crt', 'user.crt'], ['tls.key', 'user.key']),
    ],
  ] as const;
  for (const [keys, sasl, fromUser] of ways) {
    const brokers = ['kafka-kafka-bootstrap:9093'];
    const config = { log: { kind: 'kafka', kafka: { brokers, tls: { enabled: true }, ...sasl } } };
    const kafka = { caSecret: 'kafka-cluster-ca-cert', existingSecret: 'staffetta', ...keys };
    const objects = objectsOf(await renderChart(tools.helm4, CHART, { ...NEEDED, config, kafka }));
    assert.deepEqual(problemsOf(objects), []);
    const using = podsOf(objects).filter(
      ({ owner, isService }) => isService || owner.metadata.name.endsWith('-migrate'),
    );
    assert.equal(using.length, 9);
    for (const pods of using) {
      const volume = pods.spec.volumes?.find(({ name }) => name === 'kafka')?.['projected'];
      const secrets = (volume as { sources: { secret: object }[] }).sources.map(
        ({ secret }) => secret,
      );
      assert.deepEqual(secrets, [authority, { name: 'staffetta', items: fromUser }]);
      const mounts = pods.spec.containers[0]?.volumeMounts ?? [];
      const mount = mounts.find(({ name }) => name === 'kafka') as { mountPath?: string };
      const { tls, sasl: user } = configOfPod(objects, pods).log.kafka;
      const named = [tls.caFile, tls.certFile, tls.keyFile, user.passwordFile].filter(Boolean);
      const mounted = ['ca.crt', ...fromUser.map(({ path }) => path)];
      assert.deepEqual(
        named,
        mounted.map((file) => `${mount.mountPath}/${file}`),
      );
    }
  }
});

test('a changed configuration rolls the pods, and nothing else does', async () => {
  const sums = async (values: Values): Promise<readonly string[]> => {
    const objects = objectsOf(await renderChart(tools.helm4, CHART, { ...NEEDED, ...values }));
    return podsOf(objects).flatMap(({ annotations }) => annotations['checksum/config'] ?? []);
  };
  const first = await sums({});
  assert.deepEqual(await sums({ podMonitor: { enabled: true } }), first);
  assert.notDeepEqual(await sums({ config: { smtp: { recipientsMax: 500 } } }), first);
});

test('the pods listen on all their addresses and say the configured name', async () => {
  const objects = objectsOf(await renderChart(tools.helm4, CHART, NEEDED));
  const services = podsOf(objects).filter(({ isService }) => isService);
  assert.equal(services.length, 8);
  for (const pods of services) {
    const config = configOfPod(objects, pods);
    assert.deepEqual(config.listen, ['192.0.2.7', '2001:db8::7', '127.0.0.1']);
    assert.equal(config.hostname, 'mx.example.com');
    assert.equal(config.drainMs, 600_000);
    assert.equal(config.grpc.port, 9_465);
    assert.deepEqual(pods.spec.containers[0]?.args?.[0], 'start');
  }
});

/** All that is wrong: by the schemas of Kubernetes, by our own rules, and for the program that reads it. */
function problemsOf(objects: readonly KubernetesObject[]): string[] {
  const services = podsOf(objects).filter(({ isService }) => isService);
  const configs = services.map((pods) => configOfPod(objects, pods));
  const { drainMs = 0, log, delivery } = configs[0] ?? {};
  const facts = { drainMs, lanes: log?.lanes ?? 0, remotePort: delivery?.remotePort ?? 0 };
  return [
    ...objects.flatMap((object) => schemas.problems(object)),
    ...releaseProblems(objects, facts),
  ];
}

function objectsOf(rendering: Rendering): readonly KubernetesObject[] {
  if (rendering.kind === 'refused') throw new Error(rendering.message);
  return rendering.objects;
}

async function refusal(helm: string, values: Values): Promise<string> {
  const rendering = await renderChart(helm, CHART, values);
  assert.equal(rendering.kind, 'refused', JSON.stringify(values));
  return rendering.kind === 'refused' ? rendering.message : '';
}

/** What an API server refuses to change; a hook is made anew. */
function fixedPart(kind: string, spec: KubernetesObject['spec'] = {}): unknown {
  if (kind === 'Deployment') return spec['selector'];
  if (kind === 'StatefulSet')
    return [spec['selector'], spec['serviceName'], spec['volumeClaimTemplates']];
  if (kind === 'Service') return spec['clusterIP'];
  return undefined;
}

/** Without the password that is made by chance; in an order of its own, for that of hooks is Helm's. */
function comparable(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const key = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata.name}`;
  return objects
    .filter(({ kind }) => kind !== 'Secret')
    .toSorted((a, b) => key(a).localeCompare(key(b)));
}

/** Paths of all values that are no section. */
function leavesOf(node: JsonSchema, path: readonly string[]): (readonly string[])[] {
  if (!node.properties) return [path];
  return Object.entries(node.properties).flatMap(([name, inner]) =>
    leavesOf(inner, [...path, name]),
  );
}

function set(values: Values, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) values[name] = value;
  else set((values[name] ??= {}) as Values, rest, value);
}

/** Two at a time: Helm is a process of its own. */
async function inPairs<Item>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const waiting = items.map((item, index) => [item, index] as const);
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await work(...next);
  };
  await Promise.all([worker(), worker()]);
}
