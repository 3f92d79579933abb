import { podsOf } from '../kubernetes-object.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';

/** A pod that its controller would make. */
export interface StandAlonePod {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly spec: Record<string, unknown>;
}

/**
 * The pods that the controllers of these objects would make. Pod Security is enforced on pods alone: without them nothing
 * of a Deployment is refused.
 */
export function standAlonePods(objects: readonly KubernetesObject[]): StandAlonePod[] {
  return podsOf(objects)
    .filter(({ owner }) => owner.kind !== 'Pod')
    .map(({ owner, labels, annotations, spec }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${owner.metadata.name}-0`, labels, annotations },
      spec: { ...structuredClone(spec), volumes: [...(spec.volumes ?? []), ...claimed(owner)] },
    }));
}

/** A StatefulSet's controller adds a volume for each claim. */
function claimed({ spec = {} }: KubernetesObject): object[] {
  const claims = (spec['volumeClaimTemplates'] ?? []) as readonly KubernetesObject[];
  return claims.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-0` },
  }));
}
