/** What a node of Kubernetes and its controllers are made of, built by Go from their published modules. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFile, buildKubernetes, installCommand, KUBERNETES_VERSION } from '../go-build.ts';
import { cacheFolder, makeOnce } from '../kubernetes-tools.ts';

const CONTAINERD_VERSION = '2.4.2';
const COREDNS_VERSION = '1.15.0';
const CONTAINERD = 'github.com/containerd/containerd/v2/cmd';
const KUBERNETES_COMMANDS = ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'];
const OTHER_COMMANDS = [
  ...['containerd', 'containerd-shim-runc-v2', 'ctr'].map(
    (name) => `${CONTAINERD}/${name}@v${CONTAINERD_VERSION}`,
  ),
  `github.com/coredns/coredns@v${COREDNS_VERSION}`,
];
/** Rises when what is made changes. */
const CACHE = `kubernetes-node-${KUBERNETES_VERSION}-1`;

/** Paths of programs. */
export interface NodeTools {
  readonly folder: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly kubelet: string;
  readonly kubeProxy: string;
  readonly containerd: string;
  readonly ctr: string;
  readonly coredns: string;
  /** The one program of the image that keeps a pod's namespaces. */
  readonly pause: string;
}

/** Made once, in a folder of the user's cache; needs Go and its module proxy, and twenty minutes of one core. */
export async function nodeTools(progress: (text: string) => void): Promise<NodeTools> {
  const folder = cacheFolder(CACHE);
  await makeOnce(folder, async (result, work) => {
    progress('building Kubernetes, containerd and CoreDNS: twenty minutes of one core, once');
    await buildKubernetes(join(work, 'build'), result, KUBERNETES_COMMANDS);
    for (const command of OTHER_COMMANDS) await installCommand(command, result);
    await buildFile(fileURLToPath(new URL('pause.go', import.meta.url)), join(result, 'pause'));
  });
  return {
    folder,
    controllerManager: join(folder, 'kube-controller-manager'),
    scheduler: join(folder, 'kube-scheduler'),
    kubelet: join(folder, 'kubelet'),
    kubeProxy: join(folder, 'kube-proxy'),
    containerd: join(folder, 'containerd'),
    ctr: join(folder, 'ctr'),
    coredns: join(folder, 'coredns'),
    pause: join(folder, 'pause'),
  };
}
