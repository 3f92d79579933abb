import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@staffetta/platform';
import type { Config } from '@staffetta/platform';
import type { KubernetesObject, Pods } from './kubernetes-object.ts';

/** A pod of both families. */
const POD_IPS = '192.0.2.7,2001:db8::7';
const SECRET_VALUE = 'postgresql://user:password@database.example:5432/mail';

/** The configuration that the program would read in a pod: its staffetta.yaml and its environment. Throws a ConfigError. */
export function configOfPod(objects: readonly KubernetesObject[], pods: Pods): Config {
  const volume = pods.spec.volumes?.find(({ name }) => name === 'config');
  const { name } = (volume?.['configMap'] ?? {}) as { name?: string };
  const map = objects.find((one) => one.kind === 'ConfigMap' && one.metadata.name === name);
  const yaml = map?.data?.['staffetta.yaml'];
  if (yaml === undefined) throw new Error(`${pods.owner.metadata.name}: no staffetta.yaml`);
  const folder = mkdtempSync(join(tmpdir(), 'rendered-'));
  try {
    const file = join(folder, 'staffetta.yaml');
    writeFileSync(file, yaml);
    return loadConfig({ ...environmentOf(pods), STAFFETTA_CONFIG: file }, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The variables of a pod's first container, as Kubernetes would fill them in. */
function environmentOf({ spec }: Pods): Record<string, string> {
  const filled = (spec.containers[0]?.env ?? []).map(({ name, value, valueFrom }) => {
    if (value !== undefined) return [name, value.replace('$(POD_IPS)', POD_IPS)] as const;
    return [name, 'fieldRef' in (valueFrom as object) ? POD_IPS : SECRET_VALUE] as const;
  });
  return Object.fromEntries(filled);
}
