/**
 * A real API server of Kubernetes with nothing behind it but etcd: it judges and keeps, and runs nothing. On loopback,
 * or where a node is that stands behind it.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../harness/free-ports.ts';
import { mustRun, runProgram } from '../harness/run-program.ts';
import type { ProgramResult } from '../harness/run-program.ts';
import { ServerProcess } from '../harness/server-process.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import type { TempFolder } from '../harness/temp-folder.ts';
import { waitFor } from '../harness/wait.ts';
import type { ApiServerTools } from './api-server-tools.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

const START_TIMEOUT_MS = 120_000;
const LOOK_EVERY_MS = 500;
const KEY_BITS = 2_048;
const PRIVATE = 0o600;
const KUBECONFIG = 'kubeconfig';

export interface ApiServerPlace {
  /** Where it listens; etcd is on the loopback beside it. */
  readonly address: string;
  /** What its own command and etcd's begin with, to run elsewhere. */
  readonly prefix: readonly string[];
  /** More of its options. */
  readonly options: readonly string[];
}

const ON_LOOPBACK: ApiServerPlace = {
  address: '127.0.0.1',
  prefix: [],
  options: [],
};

export class ApiServer {
  readonly kubeconfig: string;
  readonly #kubectl: string;
  readonly #processes: readonly ServerProcess[];
  readonly #folder: TempFolder;

  private constructor(kubectl: string, processes: readonly ServerProcess[], folder: TempFolder) {
    this.kubeconfig = join(folder.path, KUBECONFIG);
    this.#kubectl = kubectl;
    this.#processes = processes;
    this.#folder = folder;
  }

  /** Ready, and knows the kinds of the other operators. */
  static async start(
    tools: ApiServerTools,
    place: ApiServerPlace = ON_LOOPBACK,
  ): Promise<ApiServer> {
    const folder = tempFolder('api-server');
    const token = randomBytes(16).toString('hex');
    const port = await freePort();
    const etcd = await startEtcd(folder.path, place);
    const facts = { port, token, etcd: etcd.url };
    const server = await startServer(tools.apiServer, folder.path, facts, place);
    writeKubeconfig(folder.path, `https://${place.address}:${port}`, token);
    const started = new ApiServer(tools.kubectl, [server, etcd.process], folder);
    try {
      await started.#becomeReady(server);
      for (const file of tools.definitions) {
        await started.must(['apply', '--server-side', '-f', file]);
      }
      const established = ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=50s'];
      if (tools.definitions.length > 0) await started.must(established);
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  /** What kubectl said; a refusal is a code that is not 0. */
  kubectl(args: readonly string[], stdin = ''): Promise<ProgramResult> {
    return runProgram([this.#kubectl, `--kubeconfig=${this.kubeconfig}`, ...args], stdin);
  }

  /** Throws what kubectl said when it does not end with 0. */
  must(args: readonly string[], stdin = ''): Promise<string> {
    return mustRun([this.#kubectl, `--kubeconfig=${this.kubeconfig}`, ...args], stdin);
  }

  /** A namespace in which no pod is let in that is not restricted. */
  async makeNamespace(name: string): Promise<void> {
    await this.must(['create', 'namespace', name]);
    const levels = ['enforce', 'warn'].map(
      (mode) => `pod-security.kubernetes.io/${mode}=restricted`,
    );
    await this.must(['label', 'namespace', name, ...levels]);
  }

  /** Server-side apply; with `dryRun` all is judged and nothing is kept. */
  apply(
    objects: readonly unknown[],
    namespace: string,
    { dryRun = false }: { readonly dryRun?: boolean } = {},
  ): Promise<ProgramResult> {
    const options = [
      '--server-side',
      '--namespace',
      namespace,
      ...(dryRun ? ['--dry-run=server'] : []),
    ];
    // Not as one List: kubectl would judge its parts itself, instead of the server.
    const documents = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    return this.kubectl(['apply', ...options, '-f', '-'], documents);
  }

  /** What is there of these kinds. */
  async list(kinds: readonly string[], namespace: string): Promise<readonly KubernetesObject[]> {
    const args = ['get', kinds.join(), '--namespace', namespace, '-o', 'json'];
    // What a program said comes byte by byte.
    const text = Buffer.from(await this.must(args), 'latin1').toString();
    return (JSON.parse(text) as { items: KubernetesObject[] }).items;
  }

  /** Says of each Job, as its controller would, that it has succeeded: there is no node to run it. */
  async finishJobs(namespace: string): Promise<void> {
    for (const job of await this.list(['jobs'], namespace)) {
      const { status } = job as { status?: { conditions?: readonly unknown[] } };
      if (status?.conditions !== undefined) continue;
      const time = new Date().toISOString().replace(/\.\d+Z/, 'Z');
      const condition = { status: 'True', lastProbeTime: time, lastTransitionTime: time };
      const conditions = [
        { type: 'SuccessCriteriaMet', ...condition },
        { type: 'Complete', ...condition },
      ];
      const done = { startTime: time, completionTime: time, succeeded: 1, conditions };
      const args = ['patch', 'job', job.metadata.name, '--namespace', namespace];
      const patch = [
        '--subresource=status',
        '--type=merge',
        '-p',
        JSON.stringify({ status: done }),
      ];
      await this.must([...args, ...patch]);
    }
  }

  async stop(): Promise<void> {
    for (const process of this.#processes) await process.stop();
    this.#folder.stop();
  }

  async #becomeReady(server: ServerProcess): Promise<void> {
    const isReady = async (): Promise<boolean> => {
      if (server.hasExited) throw new Error(`the API server ended:\n${server.log().slice(-2_000)}`);
      return (await this.kubectl(['get', '--raw', '/readyz'])).code === 0;
    };
    await waitFor('the API server is ready', START_TIMEOUT_MS, isReady, LOOK_EVERY_MS);
  }
}

async function startEtcd(
  folder: string,
  { prefix }: ApiServerPlace,
): Promise<{ process: ServerProcess; url: string }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const process = await ServerProcess.start({
    command: [
      ...prefix,
      'etcd',
      ...['--name', 'one', '--data-dir', join(folder, 'etcd')],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', `one=${peer}`, '--log-level', 'warn'],
    ],
    logFile: join(folder, 'etcd.log'),
  });
  return { process, url };
}

function startServer(
  program: string,
  folder: string,
  { port, token, etcd }: { readonly port: number; readonly token: string; readonly etcd: string },
  { address, prefix, options }: ApiServerPlace,
): Promise<ServerProcess> {
  const key = join(folder, 'accounts.pem');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: KEY_BITS });
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: PRIVATE });
  const tokens = join(folder, 'tokens.csv');
  writeFileSync(tokens, `${token},admin,admin,system:masters\n`, { mode: PRIVATE });
  return ServerProcess.start({
    command: [
      ...prefix,
      program,
      `--etcd-servers=${etcd}`,
      ...[`--bind-address=${address}`, `--advertise-address=${address}`, `--secure-port=${port}`],
      `--cert-dir=${join(folder, 'certificates')}`,
      `--token-auth-file=${tokens}`,
      '--authorization-mode=RBAC',
      '--endpoint-reconciler-type=none',
      '--service-cluster-ip-range=10.96.0.0/16,fd00:96::/108',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      // Debian's etcd 3.4 has not what this needs: each watch would stand still for seconds.
      '--feature-gates=WatchList=false',
      ...options,
    ],
    logFile: join(folder, 'api-server.log'),
  });
}

function writeKubeconfig(folder: string, server: string, token: string): void {
  // Its certificate is its own, and it is reached on this machine alone.
  const cluster = { server, 'insecure-skip-tls-verify': true };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'one', cluster }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'one', context: { cluster: 'one', user: 'admin' } }],
    'current-context': 'one',
  };
  // JSON is YAML.
  writeFileSync(join(folder, KUBECONFIG), JSON.stringify(config), { mode: PRIVATE });
}
