/** The settings of what a node is made of. */
import { NODE, OUTSIDE, POD_NETWORKS } from './node-network.ts';

export const NODE_NAME = 'node-1';
export const PAUSE_IMAGE = 'localhost/pause:1';
const PLUGINS = '/usr/lib/cni';
const RUNC = '/usr/sbin/runc';
const KUBELET_PORT = 10_250;

/** For containerd 2: everything of it under the folder, containers by Debian's runc. */
export function containerdSettings(folder: string): string {
  return `version = 3
root = "${folder}/containerd/root"
state = "${folder}/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.nri.v1.nri"]
[grpc]
  address = "${folder}/containerd.sock"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "${PAUSE_IMAGE}"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["${PLUGINS}"]
    conf_dir = "${folder}/cni"
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = "${RUNC}"
      SystemdCgroup = false
`;
}

/** Pods hang on a bridge, each with its own addresses, which are kept on the way out. */
export function podNetworkSettings(folder: string): object {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: POD_NETWORKS.v4 }], [{ subnet: POD_NETWORKS.v6 }]],
    routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
    dataDir: `${folder}/addresses`,
  };
  const bridge = {
    type: 'bridge',
    bridge: 'cni0',
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
  };
  return { cniVersion: '1.0.0', name: 'pods', plugins: [{ ...bridge, ipam }] };
}

export function kubeletSettings(folder: string, clientCertificate: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    // The control groups of this machine may be of the first version.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: '/',
    enforceNodeAllocatable: [],
    containerRuntimeEndpoint: `unix://${folder}/containerd.sock`,
    oomScoreAdj: 0,
    failSwapOn: false,
    address: NODE.v4,
    port: KUBELET_PORT,
    readOnlyPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: clientCertificate },
    },
    authorization: { mode: 'Webhook' },
    clusterDNS: [NODE.v4],
    clusterDomain: 'cluster.local',
    resolvConf: `${folder}/resolv.conf`,
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi' },
  };
}

export function kubeProxySettings(kubeconfig: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig },
    clusterCIDR: `${POD_NETWORKS.v4},${POD_NETWORKS.v6}`,
    hostnameOverride: NODE_NAME,
    bindAddress: NODE.v4,
    oomScoreAdj: 0,
    // What would be set for the whole machine is left as it is.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

/** Names of Services; what it does not know is asked outside. */
export function corednsSettings(kubeconfig: string, outsidePort: number): string {
  return `.:53 {
  bind ${NODE.v4}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfig} one
  }
  forward . ${OUTSIDE.v4}:${outsidePort}
}
`;
}
