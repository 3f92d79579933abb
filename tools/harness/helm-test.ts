import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { renderedObjects } from '../kubernetes/rendered-cluster.ts';
import { podsOf } from '../kubernetes/kubernetes-object.ts';
import type { Container, KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import type { Cluster } from './cluster.ts';
import { containerEnvironment } from './cluster-pods.ts';
import type { ProgramResult } from './run-program.ts';
import { tempFolder } from './temp-folder.ts';

const TIMEOUT_MS = 180_000;
const NEEDED = {
  hostname: 'mx.example.com',
  database: { existingSecret: 'mail-database' },
  operator: { existingSecret: 'mail-operator' },
};

/** The pod of `helm test`, run as a process of this machine. */
export class HelmTest {
  readonly #container: Container;
  readonly #scripts: Readonly<Record<string, string>>;

  private constructor(container: Container, scripts: Readonly<Record<string, string>>) {
    this.#container = container;
    this.#scripts = scripts;
  }

  static async read(helm: string, chart: string): Promise<HelmTest> {
    const objects = await renderedObjects(helm, chart, NEEDED);
    const pod = podsOf(objects).find(({ owner }) => owner.kind === 'Pod');
    const [container] = pod?.spec.containers ?? [];
    const scripts = objects.find((one) => isScript(one, pod?.owner.metadata.name));
    if (container === undefined || scripts?.data === undefined) {
      throw new Error('the chart has no test');
    }
    return new HelmTest(container, scripts.data);
  }

  /** Its command and environment, with the addresses and the password of this cluster. */
  async run(cluster: Cluster): Promise<ProgramResult> {
    const folder = tempFolder('helm-test');
    try {
      for (const [name, text] of Object.entries({ ...this.#scripts, password: cluster.password })) {
        writeFileSync(join(folder.path, name), text);
      }
      const [program = '', script = '', ...args] = this.#container.command ?? [];
      if (program !== 'node') throw new Error(`its command is ${program}`);
      const path = join(folder.path, basename(script));
      const { dashboard, mx, imaps } = cluster.ports;
      const env = containerEnvironment(
        { env: this.#container.env ?? [] },
        {
          ADMIN_URL: `http://127.0.0.1:${dashboard}`,
          ADMIN_PASSWORD_FILE: join(folder.path, 'password'),
          ...{ SMTP_HOST: '127.0.0.1', SMTP_PORT: String(mx) },
          ...{ IMAP_HOST: '127.0.0.1', IMAPS_PORT: String(imaps) },
        },
      );
      return await finished([process.execPath, path, ...args], env);
    } finally {
      folder.stop();
    }
  }
}

function isScript({ kind, metadata }: KubernetesObject, name: string | undefined): boolean {
  return kind === 'ConfigMap' && metadata.name === name;
}

function finished(command: readonly string[], env: NodeJS.ProcessEnv): Promise<ProgramResult> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, timeout: TIMEOUT_MS });
    let output = '';
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}
