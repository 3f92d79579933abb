/** A rendered object, as far as the checks look into it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** A container of a pod, as far as the checks look into it. */
export interface Container {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly image: string;
  readonly env?: readonly EnvironmentEntry[];
  readonly envFrom?: readonly unknown[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly name: string; readonly subPath?: string }[];
}

/** A variable of a container. */
export interface EnvironmentEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: unknown;
}

/** A probe by HTTP. */
export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
}

/** The spec of a pod, as far as the checks look into it. */
export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly hostNetwork?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly topologySpreadConstraints?: readonly { readonly topologyKey: string }[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

/** The pods that an object makes. */
export interface Pods {
  readonly owner: KubernetesObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  /** Whether they run until they are told to end. */
  readonly isService: boolean;
}

interface Template {
  readonly metadata?: KubernetesObject['metadata'];
  readonly spec: PodSpec;
}

/** All pods of a release. */
export function podsOf(objects: readonly KubernetesObject[]): Pods[] {
  return objects.flatMap((owner) => {
    const spec = owner.spec ?? {};
    const isPod = owner.kind === 'Pod';
    const template = isPod
      ? { metadata: owner.metadata, spec: spec as unknown as PodSpec }
      : (spec['template'] as Template | undefined);
    if (!template) return [];
    return {
      owner,
      labels: template.metadata?.labels ?? {},
      annotations: template.metadata?.annotations ?? {},
      spec: template.spec,
      isService: owner.kind === 'Deployment' || owner.kind === 'StatefulSet',
    };
  });
}

/** What a component is called in the labels. */
export function componentOf({ labels }: Pick<Pods, 'labels'>): string {
  return labels['app.kubernetes.io/component'] ?? '';
}

/** Whether a selector takes pods with these labels. */
export function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}
