/** `npm run cluster` starts what the chart's pods are: the same commands, environment and probes, seen on its processes. */
import { cpSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { Cluster, SERVICES } from '../harness/cluster.ts';
import type { Member } from '../harness/cluster.ts';
import { clusterPods, probePath } from '../harness/cluster-pods.ts';
import type { ClusterPods, PodContainer } from '../harness/cluster-pods.ts';
import { HelmTest } from '../harness/helm-test.ts';
import { Point } from '../harness/point.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { kubernetesTools } from '../kubernetes/kubernetes-tools.ts';
import { CHART, renderedCluster } from '../kubernetes/rendered-cluster.ts';
import { repository } from '../steps.ts';

const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;
/** What one machine must say otherwise than a pod: addresses, ports, folders and names. */
const OF_ONE_MACHINE = new RegExp(
  `^STAFFETTA_(${[
    ...['LISTEN', 'DATABASE_URL', 'LOG_KIND'],
    ...['CONFIG', 'DATA_DIR', 'DASHBOARD_ADMIN_PASSWORD_FILE'],
    ...['HOSTNAME', 'INSTANCE_NAME', '[A-Z0-9_]+_PORT'],
  ].join('|')})$`,
);
/** Changes of the templates after which the cluster would not be the chart any more. */
const CHANGES: readonly (readonly [file: string, from: string, to: string])[] = [
  ['templates/_pod.tpl', 'path: /readyz', 'path: /healthz'],
  ['templates/_pod.tpl', 'name: STAFFETTA_LISTEN', 'name: STAFFETTA_ADDRESS'],
  ['templates/_pod.tpl', '--max-old-space-size', '--max-semi-space-size'],
  ['templates/_config.tpl', '"port" 9464', '"port" 9466'],
  ['templates/workloads.yaml', '(list "start" $component)', '(list "serve" $component)'],
];

await new Point('3.5').run(async (point) => {
  const { helm4 } = await kubernetesTools();
  const pods = clusterPods();
  const rendered = await renderedCluster(helm4);
  point.bound('the cluster takes what the chart renders', isDeepStrictEqual(pods, rendered));
  for (const change of CHANGES) {
    const [file, from, to] = change;
    const isSeen = !isDeepStrictEqual(pods, await renderedOtherwise(helm4, change));
    point.bound(`${file} with ${to} for ${from}: it is seen`, isSeen);
  }

  point.progress('starting the cluster, one of each service');
  const replicas = Object.fromEntries(SERVICES.map((service) => [service, 1]));
  const cluster = point.atEnd(await Cluster.start({ replicas }));
  const differences: string[] = [];
  for (const member of cluster.members) {
    const container = rendered.containers[member.service];
    if (container === undefined) throw new Error(`the chart has no pods of ${member.service}`);
    differences.push(...differencesOf(member, container), ...(await unwell(member, container)));
  }
  point.figure('processes', cluster.members.length);
  point.bound(
    'each process has the command, environment and probes of its pod',
    differences.length === 0,
    differences,
  );
  const [any] = cluster.members;
  const other = any && rendered.containers[any.service];
  const strange = other && { ...other, args: ['start'], env: [...other.env, { name: 'TZ' }] };
  const seen = any && strange ? differencesOf(any, strange) : [];
  point.bound('another command and another variable are seen', seen.length === 2, seen);

  const test = await HelmTest.read(helm4, CHART);
  const { code, output } = await test.run(cluster);
  const lines = output.trim().split('\n');
  point.bound("helm test's own command sends a mail and reads it back", code === 0, lines);
});

async function renderedOtherwise(
  helm: string,
  [file, from, to]: (typeof CHANGES)[number],
): Promise<ClusterPods> {
  const folder = tempFolder('chart');
  try {
    cpSync(CHART, folder.path, { recursive: true });
    const path = join(folder.path, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    writeFileSync(path, text.replace(from, to));
    return await renderedCluster(helm, folder.path);
  } finally {
    folder.stop();
  }
}

/** What is otherwise than the container says, in the running process. */
function differencesOf({ name, process }: Member, container: PodContainer): string[] {
  const folder = `/proc/${process.pid}`;
  const [program, script, ...args] = readFileSync(`${folder}/cmdline`, 'utf8')
    .split('\0')
    .slice(0, -1);
  const env = new Map(
    readFileSync(`${folder}/environ`, 'utf8')
      .split('\0')
      .map((line) => [line.replace(/=.*$/s, ''), line.replace(/^[^=]*=/, '')] as const),
  );
  const wrong: string[] = [];
  if (script !== entryPoint() || readlinkSync(`${folder}/exe`) !== program)
    wrong.push('entry point');
  if (!isDeepStrictEqual(args, container.args)) wrong.push(`arguments ${args.join(' ')}`);
  for (const { name: key, value } of container.env) {
    const isOurs = OF_ONE_MACHINE.test(key);
    if (!env.has(key)) wrong.push(`no ${key}`);
    else if (!isOurs && value !== undefined && env.get(key) !== value)
      wrong.push(`${key} is another`);
  }
  const written = new Set(container.env.map((entry) => entry.name));
  for (const key of env.keys()) {
    const isMore = /^(STAFFETTA_|NODE_OPTIONS$)/.test(key) && !written.has(key);
    if (isMore && !OF_ONE_MACHINE.test(key)) wrong.push(`more: ${key}`);
  }
  const file = env.get('STAFFETTA_CONFIG') ?? '';
  if (!isDeepStrictEqual(JSON.parse(readFileSync(file, 'utf8')), clusterPods().config)) {
    wrong.push('staffetta.yaml');
  }
  return wrong.map((what) => `${name}: ${what}`);
}

async function unwell({ name, process }: Member, container: PodContainer): Promise<string[]> {
  const answers = await Promise.all(
    PROBES.map(async (probe) =>
      (await process.saysYes(probePath(container[probe]))) ? [] : [`${name}: ${probe}`],
    ),
  );
  return answers.flat();
}

/** What the image starts, in this repository. */
function entryPoint(): string {
  const dockerfile = readFileSync(`${repository}/ops/image/Dockerfile`, 'utf8');
  const [, script = ''] = /^ENTRYPOINT \["node", "\/app\/([^"]+)"\]$/m.exec(dockerfile) ?? [];
  return join(repository, script);
}
