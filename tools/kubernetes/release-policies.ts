import { componentOf, podsOf, selects } from './kubernetes-object.ts';
import type { KubernetesObject, Pods } from './kubernetes-object.ts';
import { podProblems } from './pod-policies.ts';
import { networkProblems } from './network-policies.ts';

/** What the checks know of the values. */
export interface ReleaseFacts {
  readonly drainMs: number;
  readonly lanes: number;
  /** Port of other mail servers. */
  readonly remotePort: number;
}

type Labels = Readonly<Record<string, string>>;

const NAME_MAX = 63;

/** What is wrong with the objects of a release, by our own rules. */
export function releaseProblems(
  objects: readonly KubernetesObject[],
  facts: ReleaseFacts,
): string[] {
  const pods = podsOf(objects);
  return [
    ...pods.flatMap((one) => podProblems(one, facts.drainMs)),
    ...names(objects),
    ...accounts(objects, pods),
    ...deployments(objects, pods),
    ...services(objects, pods),
    ...scalers(objects, facts.lanes),
    ...diskOfMail(pods),
    ...noSecretsInside(objects),
    ...networkProblems(objects, pods, facts.remotePort),
  ];
}

function names(objects: readonly KubernetesObject[]): string[] {
  const seen = new Set<string>();
  return objects.flatMap(({ apiVersion, kind, metadata }) => {
    const id = `${apiVersion} ${kind} ${metadata.name}`;
    const problems: string[] = [];
    if (seen.has(id)) problems.push(`${id} is there twice`);
    seen.add(id);
    if (metadata.name.length > NAME_MAX) problems.push(`${id}: the name is too long`);
    if (metadata.labels?.['app.kubernetes.io/instance'] !== 'mail')
      problems.push(`${id}: no labels`);
    return problems;
  });
}

/** Each component has an account, and no two share one. */
function accounts(objects: readonly KubernetesObject[], pods: readonly Pods[]): string[] {
  const there = objects.filter(({ kind }) => kind === 'ServiceAccount');
  const used = pods.map(({ spec }) => spec.serviceAccountName ?? '');
  const missing = used.filter((name) => !there.some(({ metadata }) => metadata.name === name));
  const shared = used.filter((name, index) => used.indexOf(name) !== index);
  return [
    ...missing.map((name) => `ServiceAccount ${name} is not there`),
    ...shared.map((name) => `ServiceAccount ${name} is shared`),
  ];
}

/** Nothing is taken away before its successor is ready; a budget where, and only where, there is more than one pod. */
function deployments(objects: readonly KubernetesObject[], pods: readonly Pods[]): string[] {
  const budgets = objects.filter(({ kind }) => kind === 'PodDisruptionBudget');
  const scaled = objects.filter(
    ({ kind }) => kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject',
  );
  return pods.flatMap(({ owner, labels }) => {
    if (owner.kind !== 'Deployment') return [];
    const { name } = owner.metadata;
    const spec = owner.spec as {
      replicas?: number;
      strategy: { rollingUpdate: { maxUnavailable: number } };
      selector: { matchLabels: Labels };
    };
    const scaler = scaled.find(({ metadata }) => metadata.name === name)?.spec;
    const fewest = Number(scaler?.['minReplicas'] ?? scaler?.['minReplicaCount'] ?? spec.replicas);
    const budget = budgets.find(({ metadata }) => metadata.name === name);
    const problems: string[] = [];
    if (spec.strategy.rollingUpdate.maxUnavailable !== 0) problems.push('rolls with a gap');
    if (!selects(spec.selector.matchLabels, labels)) problems.push('does not select its pods');
    if (fewest > 1 !== (budget !== undefined)) problems.push(`${fewest} pods and the wrong budget`);
    if (budget && budget.spec?.['unhealthyPodEvictionPolicy'] !== 'AlwaysAllow') {
      problems.push('its broken pods hold up a drain');
    }
    return problems.map((problem) => `Deployment ${name}: ${problem}`);
  });
}

/** Each Service finds pods of one component that have its ports, and hides no client. */
function services(objects: readonly KubernetesObject[], pods: readonly Pods[]): string[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    if (kind !== 'Service') return [];
    const { selector, ports } = spec as {
      selector: Labels;
      ports: readonly { targetPort: string }[];
    };
    const found = pods.filter(({ isService, labels }) => isService && selects(selector, labels));
    if (found.length !== 1) return [`Service ${metadata.name} selects ${found.length} components`];
    const open = new Set(
      found[0]?.spec.containers.flatMap((one) => one.ports ?? []).map((one) => one.name),
    );
    return ports
      .filter(({ targetPort }) => !open.has(targetPort))
      .map(({ targetPort }) => `Service ${metadata.name}: no pod has the port ${targetPort}`);
  });
}

/** What scales is there, and delivery never has more workers than lanes. */
function scalers(objects: readonly KubernetesObject[], lanes: number): string[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    if (kind !== 'HorizontalPodAutoscaler' && kind !== 'ScaledObject') return [];
    const { scaleTargetRef } = spec as { scaleTargetRef: { name: string } };
    const most = Number(spec?.['maxReplicas'] ?? spec?.['maxReplicaCount']);
    const target = objects.find(
      (one) => one.kind === 'Deployment' && one.metadata.name === scaleTargetRef.name,
    );
    const isDelivery = metadata.labels?.['app.kubernetes.io/component'] === 'delivery';
    const problems: string[] = [];
    if (!target) problems.push('what it scales is not there');
    if (isDelivery && most > lanes) problems.push(`${most} workers for ${lanes} lanes`);
    return problems.map((problem) => `${kind} ${metadata.name}: ${problem}`);
  });
}

/** All in one keeps mail on a claim; the others keep none, and have no disk. */
function diskOfMail(pods: readonly Pods[]): string[] {
  return pods.flatMap((one) => {
    if (!one.isService) return [];
    const isAllInOne = componentOf(one) === 'all-in-one';
    const claims = (one.owner.spec?.['volumeClaimTemplates'] ?? []) as KubernetesObject[];
    const hasDisk = claims.some(({ metadata }) => metadata.name === 'data');
    if (isAllInOne === hasDisk && isAllInOne === (one.owner.kind === 'StatefulSet')) return [];
    return [`${one.owner.kind} ${one.owner.metadata.name}: the wrong kind of disk`];
  });
}

function noSecretsInside(objects: readonly KubernetesObject[]): string[] {
  return objects.flatMap(({ kind, metadata, data = {} }) => {
    if (kind !== 'ConfigMap') return [];
    const leaks = Object.values(data).some((text) =>
      /postgres(ql)?:\/\/|secretAccessKey/.test(text),
    );
    return leaks ? [`ConfigMap ${metadata.name} holds a secret`] : [];
  });
}
