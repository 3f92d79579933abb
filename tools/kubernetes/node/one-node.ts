/** A real cluster of one node on this machine, in a network of its own: pods run, probes are asked, Services lead to them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, runProgram } from '../../harness/run-program.ts';
import { ServerProcess } from '../../harness/server-process.ts';
import { tempFolder } from '../../harness/temp-folder.ts';
import type { TempFolder } from '../../harness/temp-folder.ts';
import { waitFor } from '../../harness/wait.ts';
import { ApiServer } from '../api-server.ts';
import type { ApiServerTools } from '../api-server-tools.ts';
import { NODE_ADDRESS, NodeNetwork, POD_NETWORK, SERVICE_NETWORK } from './node-network.ts';
import {
  containerdSettings,
  corednsSettings,
  kubeletSettings,
  kubeProxySettings,
  NODE_NAME,
  podNetworkSettings,
} from './node-settings.ts';
import type { NodeTools } from './node-tools.ts';

const START_TIMEOUT_MS = 120_000;
const IMPORT_TIMEOUT_MS = 300_000;
const END_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 500;
const NAMESPACE = 'k8s.io';
const CONTROL_GROUPS = '/sys/fs/cgroup';

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
  readonly #ctr: readonly string[];
  readonly #folder: TempFolder;
  readonly #processes: ServerProcess[] = [];
  readonly #network: NodeNetwork;
  readonly #tools: NodeTools;

  private constructor(tools: NodeTools, network: NodeNetwork, api: ApiServer, folder: TempFolder) {
    this.#tools = tools;
    this.#network = network;
    this.api = api;
    this.#folder = folder;
    this.#ctr = [tools.ctr, '-a', join(folder.path, 'containerd.sock'), '-n', NAMESPACE];
  }

  /** The node is ready. */
  static async start(options: OneNodeOptions, network: NodeNetwork): Promise<OneNode> {
    const folder = tempFolder('node');
    const client = await clientCertificate(folder.path);
    const api = await ApiServer.start(
      { ...options.apiServerTools, definitions: [] },
      {
        address: NODE_ADDRESS,
        prefix: network.prefix,
        serviceNetworks: SERVICE_NETWORK,
        options: [
          '--kubelet-preferred-address-types=InternalIP',
          `--kubelet-client-certificate=${client.certificate}`,
          `--kubelet-client-key=${client.key}`,
        ],
      },
    );
    const node = new OneNode(options.tools, network, api, folder);
    try {
      await node.#startControllers();
      await node.#startContainerd(options.images);
      await node.#startNode(client.certificate, options.dnsPort);
    } catch (error) {
      await node.stop();
      throw error;
    }
    return node;
  }

  /** Gives an image another name. */
  async tag(image: string, name: string): Promise<void> {
    await mustRun([...this.#ctr, 'images', 'tag', image, name]);
  }

  /** What a part of it has written, as `kubelet`. */
  log(part: string): string {
    return readFileSync(join(this.#folder.path, `${part}.log`), 'utf8');
  }

  /** Everything of it ends: programs, containers, control groups, mounts and folders. */
  async stop(): Promise<void> {
    const [containerd, ...others] = this.#processes.toSorted(
      (a, b) => Number(isContainerd(b)) - Number(isContainerd(a)),
    );
    for (const process of others) await process.stop();
    await this.#endContainers();
    await containerd?.stop();
    await this.api.stop();
    for (const mount of mountsUnder(this.#folder.path)) execFileSync('umount', ['--lazy', mount]);
    for (const kind of readdirSync(CONTROL_GROUPS))
      removeGroups(join(CONTROL_GROUPS, kind, 'kubepods'));
    this.#folder.stop();
  }

  async #startControllers(): Promise<void> {
    const common = [`--kubeconfig=${this.api.kubeconfig}`, '--leader-elect=false'];
    await this.#run('controllers', [
      this.#tools.controllerManager,
      ...[...common, '--bind-address=127.0.0.1'],
      ...[
        '--allocate-node-cidrs=true',
        `--cluster-cidr=${POD_NETWORK}`,
        '--node-cidr-mask-size=24',
      ],
    ]);
    await this.#run('scheduler', [this.#tools.scheduler, ...common, '--bind-address=127.0.0.1']);
  }

  async #startContainerd(images: readonly string[]): Promise<void> {
    const { path } = this.#folder;
    mkdirSync(join(path, 'cni'));
    const network = JSON.stringify(podNetworkSettings(path));
    writeFileSync(join(path, 'cni', '10-pods.conflist'), network);
    const settings = join(path, 'containerd.toml');
    writeFileSync(settings, containerdSettings(path));
    await this.#run('containerd', [this.#tools.containerd, '-c', settings]);
    const answers = async (): Promise<boolean> =>
      (await runProgram([...this.#ctr, 'version'])).code === 0;
    await waitFor('containerd answers', START_TIMEOUT_MS, answers, LOOK_EVERY_MS);
    for (const archive of images) {
      const command = [...this.#ctr, 'images', 'import', '--local', archive];
      await mustRun(command, '', IMPORT_TIMEOUT_MS);
    }
  }

  async #startNode(clientCertificateFile: string, dnsPort: number): Promise<void> {
    const { path } = this.#folder;
    const { kubeconfig } = this.api;
    const write = (name: string, content: object | string): string => {
      const file = join(path, name);
      // JSON is YAML.
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      return file;
    };
    write('resolv.conf', `nameserver ${NODE_ADDRESS}\n`);
    await this.#run('kubelet', [
      this.#tools.kubelet,
      `--kubeconfig=${kubeconfig}`,
      `--config=${write('kubelet.yaml', kubeletSettings(path, clientCertificateFile))}`,
      ...[`--root-dir=${path}/kubelet`, `--cert-dir=${path}/kubelet-certificates`],
      ...[`--hostname-override=${NODE_NAME}`, `--node-ip=${NODE_ADDRESS}`],
      '--node-labels=topology.kubernetes.io/zone=one',
    ]);
    const proxy = write('kube-proxy.yaml', kubeProxySettings(kubeconfig));
    await this.#run('kube-proxy', [this.#tools.kubeProxy, `--config=${proxy}`]);
    const names = write('Corefile', corednsSettings(kubeconfig, dnsPort));
    await this.#run('coredns', [this.#tools.coredns, '-conf', names]);
    await waitFor(
      'the node is ready',
      START_TIMEOUT_MS,
      async () => {
        for (const process of this.#processes) {
          if (process.hasExited) throw new Error(`it ended:\n${process.log().slice(-2_000)}`);
        }
        const { output } = await this.api.kubectl(['get', 'node', NODE_NAME]);
        return / Ready /.test(output);
      },
      LOOK_EVERY_MS,
    );
  }

  async #run(name: string, command: readonly string[]): Promise<void> {
    const { path } = this.#folder;
    const env = { ...process.env, PATH: `${this.#tools.folder}:${process.env['PATH'] ?? ''}` };
    const logFile = join(path, `${name}.log`);
    const full = [...this.#network.prefix, ...command];
    this.#processes.push(await ServerProcess.start({ command: full, logFile, env }));
  }

  /** Pods live on when containerd ends: they go first, with their shims. */
  async #endContainers(): Promise<void> {
    const list = async (kind: string): Promise<string[]> => {
      const { code, output } = await runProgram([...this.#ctr, kind, 'list', '-q']);
      return code === 0 ? output.split('\n').filter(Boolean) : [];
    };
    for (const id of await list('task')) {
      await runProgram([...this.#ctr, 'task', 'kill', '-s', 'SIGKILL', id]);
    }
    const areDead = async (): Promise<boolean> => {
      for (const id of await list('task')) await runProgram([...this.#ctr, 'task', 'rm', '-f', id]);
      return (await list('task')).length === 0;
    };
    await waitFor('all containers have ended', END_TIMEOUT_MS, areDead, LOOK_EVERY_MS);
    for (const id of await list('container'))
      await runProgram([...this.#ctr, 'container', 'rm', id]);
  }
}

/** With which the API server comes to the kubelet, for logs and commands. */
async function clientCertificate(folder: string): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [join(folder, 'client.pem'), join(folder, 'client.key')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const subject = ['-subj', '/O=system:masters/CN=api-server'];
  const files = ['-keyout', key, '-out', certificate];
  await mustRun(['openssl', 'req', '-x509', ...made, ...subject, ...files]);
  return { certificate, key };
}

function isContainerd({ logFile }: ServerProcess): boolean {
  return logFile.endsWith('/containerd.log');
}

/** The deepest first. */
function mountsUnder(folder: string): string[] {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
    .filter((path) => path.startsWith(`${folder}/`))
    .toSorted((a, b) => b.length - a.length);
}

/** Folders of control groups are removed one by one, from the inside. */
function removeGroups(folder: string): void {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    // No pods had groups of this kind.
    return;
  }
  for (const entry of entries) if (entry.isDirectory()) removeGroups(join(folder, entry.name));
  rmdirSync(folder);
}
