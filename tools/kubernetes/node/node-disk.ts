/** A disk for the one who claims it: a folder of the node, in a class of its own that is the default. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_NAME } from './node-settings.ts';
import type { OneNode } from './one-node.ts';

const CLASS = 'of-the-node';

export async function addDisk(node: OneNode): Promise<void> {
  const path = join(node.folder, 'disk');
  mkdirSync(path);
  const storageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: CLASS,
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  };
  const here = { key: 'kubernetes.io/hostname', operator: 'In', values: [NODE_NAME] };
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'disk' },
    spec: {
      capacity: { storage: '20Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: CLASS,
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [here] }] } },
    },
  };
  const documents = [storageClass, volume].map((object) => JSON.stringify(object)).join('\n---\n');
  await node.api.must(['apply', '-f', '-'], documents);
}
