import { componentOf } from './kubernetes-object.ts';
import type { Container, Pods } from './kubernetes-object.ts';

const USER = 10_001;
const PORT_MIN = 1_024;
const SPREAD = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'];

/** What a rendered pod must be, whatever the values: a check says what is wrong, or nothing. */
type PodCheck = (pods: Pods, drainMs: number) => readonly string[];

const CHECKS: readonly PodCheck[] = [
  restricted,
  containersRestricted,
  ownAccount,
  noServiceLinks,
  highPorts,
  bounded,
  secretsByReference,
  wholeMounts,
  probes,
  drains,
  spread,
  rollsWithConfig,
];

/** What is wrong with pods, each with the name of their owner. */
export function podProblems(pods: Pods, drainMs: number): string[] {
  const { kind, metadata } = pods.owner;
  return CHECKS.flatMap((check) => check(pods, drainMs)).map(
    (problem) => `${kind} ${metadata.name}: ${problem}`,
  );
}

/** Pod Security, restricted, as far as it is of the pod. */
function restricted({ spec }: Pods): string[] {
  const { runAsNonRoot, runAsUser, fsGroup, seccompProfile } = spec.securityContext ?? {};
  const profile = (seccompProfile as { type?: string } | undefined)?.type;
  const problems: string[] = [];
  if (runAsNonRoot !== true || runAsUser !== USER) problems.push(`does not run as ${USER}`);
  if (fsGroup !== USER) problems.push('its volumes are not of its group');
  if (profile !== 'RuntimeDefault') problems.push('has no seccomp profile');
  if (spec.hostNetwork) problems.push('is on the network of the host');
  for (const volume of spec.volumes ?? []) {
    if ('hostPath' in volume) problems.push('mounts a path of the host');
  }
  return problems;
}

function containersRestricted({ spec }: Pods): string[] {
  return containersOf(spec).flatMap(({ securityContext = {} }) => {
    const { allowPrivilegeEscalation, readOnlyRootFilesystem, runAsNonRoot, capabilities } =
      securityContext;
    const problems: string[] = [];
    if (allowPrivilegeEscalation !== false) problems.push('may gain privileges');
    if (readOnlyRootFilesystem !== true) problems.push('writes to its root file system');
    if (runAsNonRoot !== true) problems.push('may be root');
    if (JSON.stringify(capabilities) !== '{"drop":["ALL"]}') problems.push('has capabilities');
    return problems;
  });
}

function ownAccount({ spec }: Pods): string[] {
  const problems: string[] = [];
  if (!spec.serviceAccountName) problems.push('has no ServiceAccount of its own');
  if (spec.automountServiceAccountToken !== false) problems.push('has a token');
  return problems;
}

function noServiceLinks({ spec }: Pods): string[] {
  return spec.enableServiceLinks === false ? [] : ['has service links'];
}

function highPorts({ spec }: Pods): string[] {
  return containersOf(spec).flatMap(({ ports = [] }) =>
    ports
      .filter(({ containerPort }) => containerPort < PORT_MIN)
      .map(({ name }) => `port ${name} needs a capability`),
  );
}

/** Requests, a memory limit, and a heap under it. */
function bounded({ spec, isService }: Pods): string[] {
  return containersOf(spec).flatMap(({ resources, env = [] }) => {
    const { requests = {}, limits = {} } = resources ?? {};
    const problems: string[] = [];
    if (!requests['cpu'] || !requests['memory']) problems.push('requests nothing');
    if (!limits['memory']) problems.push('has no memory limit');
    const options = env.find(({ name }) => name === 'NODE_OPTIONS')?.value ?? '';
    const heap = /--max-old-space-size=(\d+)$/.exec(options)?.[1];
    if (isService && !(Number(heap) < mebibytes(limits['memory'] ?? '0Mi'))) {
      problems.push(`its heap (${options}) is not under its limit (${limits['memory']})`);
    }
    return problems;
  });
}

function secretsByReference({ spec }: Pods): string[] {
  return containersOf(spec).flatMap(({ env = [] }) =>
    env
      .filter(({ name, value }) => /URL|PASSWORD$|SECRET|TOKEN/.test(name) && isSecret(value))
      .map(({ name }) => `${name} is not a reference`),
  );
}

function isSecret(value: string | undefined): boolean {
  return value !== undefined && !/^http:\/\/[a-z0-9-]+$/.test(value);
}

/** A mount by subPath is never renewed. */
function wholeMounts({ spec }: Pods): string[] {
  return containersOf(spec).flatMap(({ volumeMounts = [] }) =>
    volumeMounts
      .filter(({ subPath }) => subPath)
      .map(({ name }) => `${name} is mounted by subPath`),
  );
}

/** Three apart, and the one that restarts asks neither Kafka nor PostgreSQL. */
function probes({ spec, isService }: Pods): string[] {
  if (!isService) return [];
  const wanted = { startupProbe: '/livez', readinessProbe: '/readyz', livenessProbe: '/livez' };
  return spec.containers.flatMap((container) =>
    Object.entries(wanted).flatMap(([name, path]) => {
      const probe = container[name as keyof typeof wanted]?.httpGet;
      return probe?.path === path && probe.port === 'telemetry'
        ? []
        : [`its ${name} is not ${path}`];
    }),
  );
}

/** SIGKILL comes after the drain, and after what stops behind it. */
function drains({ spec, isService }: Pods, drainMs: number): string[] {
  if (!isService) return [];
  const graceMs = (spec.terminationGracePeriodSeconds ?? 0) * 1_000;
  const sleepMs = (spec.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1_000;
  return graceMs > drainMs + sleepMs ? [] : [`is killed after ${graceMs} ms, while it drains`];
}

function spread(pods: Pods): string[] {
  if (!pods.isService) return [];
  const keys = (pods.spec.topologySpreadConstraints ?? []).map(({ topologyKey }) => topologyKey);
  return SPREAD.filter((key) => !keys.includes(key)).map((key) => `is not spread over ${key}`);
}

function rollsWithConfig(pods: Pods): string[] {
  if (!pods.isService) return [];
  const sum = pods.annotations['checksum/config'] ?? '';
  if (!/^[0-9a-f]{64}$/.test(sum)) return ['does not roll when the configuration changes'];
  return componentOf(pods) === '' ? ['has no component'] : [];
}

function containersOf(spec: Pods['spec']): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

function mebibytes(quantity: string): number {
  return Number.parseInt(quantity, 10) * (quantity.endsWith('Gi') ? 1_024 : 1);
}
