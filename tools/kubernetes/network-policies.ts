import { componentOf, selects } from './kubernetes-object.ts';
import type { KubernetesObject, Pods } from './kubernetes-object.ts';

interface Rule {
  readonly ports?: readonly { readonly port: number | string }[];
  readonly to?: readonly unknown[];
}

interface PolicySpec {
  readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/** Components that may reach other mail servers. */
const SENDERS = new Set(['delivery', 'all-in-one']);

/** What is wrong with the network policies; nothing where there is none. */
export function networkProblems(
  objects: readonly KubernetesObject[],
  pods: readonly Pods[],
  remotePort: number,
): string[] {
  const policies = objects
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map(({ metadata, spec }) => ({ name: metadata.name, spec: spec as unknown as PolicySpec }));
  if (policies.length === 0) return [];
  return pods.flatMap((one) => {
    const mine = policies.filter(({ spec }) => selects(spec.podSelector.matchLabels, one.labels));
    const problems: string[] = [];
    if (!mine.some(({ spec }) => isDefaultDeny(spec))) problems.push('is not denied by default');
    if (mine.length !== 2) problems.push(`${mine.length} network policies`);
    const egress = mine.flatMap(({ spec }) => spec.egress ?? []);
    const isSender = SENDERS.has(componentOf(one));
    if (egress.some((rule) => opens(rule, remotePort)) !== isSender) {
      problems.push(`${isSender ? 'cannot' : 'can'} reach other mail servers`);
    }
    problems.push(
      ...unknownPorts(
        one,
        mine.flatMap(({ spec }) => spec.ingress ?? []),
      ),
    );
    return problems.map((problem) => `${one.owner.kind} ${one.owner.metadata.name}: ${problem}`);
  });
}

function isDefaultDeny({ policyTypes, ingress, egress }: PolicySpec): boolean {
  return policyTypes.length === 2 && !ingress && !egress;
}

function opens({ ports, to }: Rule, remotePort: number): boolean {
  const isEverything = !ports && !to;
  return isEverything || (ports ?? []).some(({ port }) => port === remotePort);
}

/** Every named port is one of the pod, and every door of the pod has a rule. */
function unknownPorts({ spec }: Pods, rules: readonly Rule[]): string[] {
  const open = spec.containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name));
  const named = rules.flatMap(({ ports = [] }) => ports.map(({ port }) => String(port)));
  const strays = named.filter((name) => !open.includes(name));
  const shut = open.filter((name) => name !== 'grpc' && !named.includes(name));
  return [
    ...strays.map((name) => `a rule for the port ${name}, which it does not have`),
    ...shut.map((name) => `nobody can reach its port ${name}`),
  ];
}
