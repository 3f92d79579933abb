/** A real cluster of one node on this machine, in a network of its own: pods run, probes are asked, Services lead to them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../harness/run-program.ts';
import { ServerProcess } from '../../harness/server-process.ts';
import { tempFolder } from '../../harness/temp-folder.ts';
import type { TempFolder } from '../../harness/temp-folder.ts';
import { waitFor } from '../../harness/wait.ts';
import { ApiServer } from '../api-server.ts';
import type { ApiServerTools } from '../api-server-tools.ts';
import { Containerd } from './containerd.ts';
import { podNetworks, removeLeftovers } from './node-leftovers.ts';
import { NODE, POD_NETWORKS } from './node-network.ts';
import type { NodeNetwork } from './node-network.ts';
import { corednsSettings, kubeletSettings, kubeProxySettings, NODE_NAME } from './node-settings.ts';
import type { NodeTools } from './node-tools.ts';

const START_TIMEOUT_MS = 120_000;
const LOOK_EVERY_MS = 500;

export interface OneNodeOptions {
  readonly tools: NodeTools;
  readonly apiServerTools: ApiServerTools;
  /** Of a DNS server on this machine, as the node sees it. */
  readonly dnsPort: number;
  /** Archives of the images that it has; it fetches none. */
  readonly images: readonly string[];
}

export class OneNode {
  readonly api: ApiServer;
  readonly containerd: Containerd;
  readonly folder: string;
  readonly #temporary: TempFolder;
  readonly #tools: NodeTools;
  readonly #network: NodeNetwork;
  readonly #networksOfOthers = podNetworks();
  /** What makes pods of objects. */
  readonly #controllers: ServerProcess[] = [];
  readonly #nodeParts: ServerProcess[] = [];

  private constructor(
    tools: NodeTools,
    network: NodeNetwork,
    folder: TempFolder,
    parts: { readonly api: ApiServer; readonly containerd: Containerd },
  ) {
    this.api = parts.api;
    this.containerd = parts.containerd;
    this.folder = folder.path;
    this.#temporary = folder;
    this.#tools = tools;
    this.#network = network;
  }

  /** The node is ready. */
  static async start(options: OneNodeOptions, network: NodeNetwork): Promise<OneNode> {
    const { tools, apiServerTools } = options;
    const folder = tempFolder('node');
    const client = await clientCertificate(folder.path);
    const containerd = await Containerd.start(tools, folder.path, network.prefix);
    const api = await startApiServer(apiServerTools, network, client).catch(async (error) => {
      await containerd.stop();
      folder.stop();
      throw error;
    });
    const node = new OneNode(tools, network, folder, { api, containerd });
    try {
      for (const archive of options.images) await containerd.import(archive);
      await node.#startControllers();
      await node.#startNode(client.certificate, options.dnsPort);
    } catch (error) {
      await node.stop();
      throw error;
    }
    return node;
  }

  /** Everything of it ends, and nothing of it is left: pods first, since they outlive what started them. */
  async stop(): Promise<void> {
    for (const process of this.#controllers) await process.stop();
    const all = ['pods', '--all', '--all-namespaces'];
    await this.api.kubectl(['delete', ...all, '--grace-period=1', '--wait', '--timeout=50s']);
    for (const process of this.#nodeParts) await process.stop();
    await this.containerd.stop();
    await this.api.stop();
    removeLeftovers(this.folder, this.#networksOfOthers);
    this.#temporary.stop();
  }

  async #startControllers(): Promise<void> {
    const common = [
      ...[`--kubeconfig=${this.api.kubeconfig}`, '--leader-elect=false'],
      '--bind-address=127.0.0.1',
    ];
    const networks = `--cluster-cidr=${POD_NETWORKS.v4},${POD_NETWORKS.v6}`;
    const sizes = ['--node-cidr-mask-size-ipv4=24', '--node-cidr-mask-size-ipv6=64'];
    const pods = ['--allocate-node-cidrs=true', networks, ...sizes];
    const manager = [this.#tools.controllerManager, ...common, ...pods];
    this.#controllers.push(await this.#run('controllers', manager));
    this.#controllers.push(await this.#run('scheduler', [this.#tools.scheduler, ...common]));
  }

  async #startNode(clientCertificateFile: string, dnsPort: number): Promise<void> {
    const { kubeconfig } = this.api;
    this.#write('resolv.conf', `nameserver ${NODE.v4}\n`);
    const settings = kubeletSettings(this.folder, clientCertificateFile);
    const parts = {
      kubelet: [
        this.#tools.kubelet,
        ...[`--kubeconfig=${kubeconfig}`, `--config=${this.#write('kubelet.yaml', settings)}`],
        ...[`--root-dir=${this.folder}/kubelet`, `--cert-dir=${this.folder}/kubelet-certificates`],
        ...[`--hostname-override=${NODE_NAME}`, `--node-ip=${NODE.v4},${NODE.v6}`],
        '--node-labels=topology.kubernetes.io/zone=one',
      ],
      'kube-proxy': [
        this.#tools.kubeProxy,
        `--config=${this.#write('kube-proxy.yaml', kubeProxySettings(kubeconfig))}`,
      ],
      coredns: [
        this.#tools.coredns,
        ...['-conf', this.#write('Corefile', corednsSettings(kubeconfig, dnsPort))],
      ],
    };
    for (const [name, command] of Object.entries(parts)) {
      this.#nodeParts.push(await this.#run(name, command));
    }
    await waitFor('the node is ready', START_TIMEOUT_MS, () => this.#isReady(), LOOK_EVERY_MS);
  }

  async #isReady(): Promise<boolean> {
    for (const process of [...this.#controllers, ...this.#nodeParts]) {
      if (!process.hasExited) continue;
      throw new Error(`${process.logFile} ends with:\n${process.log().slice(-2_000)}`);
    }
    const { output } = await this.api.kubectl(['get', 'node', NODE_NAME]);
    return / Ready /.test(output);
  }

  #run(name: string, command: readonly string[]): Promise<ServerProcess> {
    const logFile = join(this.folder, `${name}.log`);
    return ServerProcess.start({ command: [...this.#network.prefix, ...command], logFile });
  }

  #write(name: string, content: object | string): string {
    const file = join(this.folder, name);
    // JSON is YAML.
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }
}

interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** With which the API server comes to the kubelet, for logs and commands. */
async function clientCertificate(folder: string): Promise<ClientCertificate> {
  const [certificate, key] = [join(folder, 'client.pem'), join(folder, 'client.key')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const subject = ['-subj', '/O=system:masters/CN=api-server'];
  const files = ['-keyout', key, '-out', certificate];
  await mustRun(['openssl', 'req', '-x509', ...made, ...subject, ...files]);
  return { certificate, key };
}

function startApiServer(
  tools: ApiServerTools,
  { prefix }: NodeNetwork,
  { certificate, key }: ClientCertificate,
): Promise<ApiServer> {
  return ApiServer.start(
    // Kinds of other operators are not needed.
    { ...tools, definitions: [] },
    {
      ...{ address: NODE.v4, prefix },
      options: [
        '--kubelet-preferred-address-types=InternalIP',
        ...[`--kubelet-client-certificate=${certificate}`, `--kubelet-client-key=${key}`],
      ],
    },
  );
}
