/** Writes what the chart's pods are for `npm run cluster`, which needs no Helm then; fetches Helm. */
import { writeFileSync } from 'node:fs';
import { CLUSTER_PODS_FILE } from './harness/cluster-pods.ts';
import { kubernetesTools } from './kubernetes/kubernetes-tools.ts';
import { renderedCluster } from './kubernetes/rendered-cluster.ts';

const { helm4 } = await kubernetesTools();
writeFileSync(CLUSTER_PODS_FILE, `${JSON.stringify(await renderedCluster(helm4), undefined, 2)}\n`);
