/** containerd, what runs the containers of a node, with all it keeps in the node's folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, runProgram } from '../../harness/run-program.ts';
import { ServerProcess } from '../../harness/server-process.ts';
import { waitFor } from '../../harness/wait.ts';
import { containerdSettings, podNetworkSettings } from './node-settings.ts';
import type { NodeTools } from './node-tools.ts';

const START_TIMEOUT_MS = 60_000;
const IMPORT_TIMEOUT_MS = 300_000;
const LOOK_EVERY_MS = 500;
/** Of the images and containers of Kubernetes. */
const NAMESPACE = 'k8s.io';

export class Containerd {
  readonly #process: ServerProcess;
  readonly #ctr: readonly string[];

  private constructor(process: ServerProcess, ctr: readonly string[]) {
    this.#process = process;
    this.#ctr = ctr;
  }

  /** Answers, in a network that the prefix leads to. */
  static async start(
    tools: NodeTools,
    folder: string,
    prefix: readonly string[],
  ): Promise<Containerd> {
    mkdirSync(join(folder, 'cni'));
    const network = JSON.stringify(podNetworkSettings(folder));
    writeFileSync(join(folder, 'cni', '10-pods.conflist'), network);
    const settings = join(folder, 'containerd.toml');
    writeFileSync(settings, containerdSettings(folder));
    const server = await ServerProcess.start({
      command: [...prefix, tools.containerd, '-c', settings],
      logFile: join(folder, 'containerd.log'),
      // It starts the shim beside it.
      env: { ...process.env, PATH: `${tools.folder}:${process.env['PATH'] ?? ''}` },
    });
    const ctr = [tools.ctr, '-a', join(folder, 'containerd.sock'), '-n', NAMESPACE];
    await waitFor(
      'containerd answers',
      START_TIMEOUT_MS,
      async () => {
        if (server.hasExited) throw new Error(`containerd ended:\n${server.log().slice(-2_000)}`);
        return (await runProgram([...ctr, 'version'])).code === 0;
      },
      LOOK_EVERY_MS,
    );
    return new Containerd(server, ctr);
  }

  get hasExited(): boolean {
    return this.#process.hasExited;
  }

  /** Takes the images of an archive. */
  async import(archive: string): Promise<void> {
    const command = [...this.#ctr, 'images', 'import', '--local', archive];
    await mustRun(command, '', IMPORT_TIMEOUT_MS);
  }

  /** Gives an image another name. */
  async tag(image: string, name: string): Promise<void> {
    await mustRun([...this.#ctr, 'images', 'tag', image, name]);
  }

  /** Containers live on without it: what is still there is killed first. */
  async stop(): Promise<void> {
    for (const id of await this.#tasks()) {
      await runProgram([...this.#ctr, 'task', 'rm', '--force', id]);
    }
    await this.#process.stop();
  }

  async #tasks(): Promise<readonly string[]> {
    const { code, output } = await runProgram([...this.#ctr, 'task', 'list', '-q']);
    return code === 0 ? output.split('\n').filter(Boolean) : [];
  }
}
