/** A release of the chart in a cluster, by Helm, and what its pods say. */
import { mustRun, runProgram } from '../../harness/run-program.ts';
import type { ProgramResult } from '../../harness/run-program.ts';
import { waitFor } from '../../harness/wait.ts';
import type { ApiServer } from '../api-server.ts';
import { CHART } from '../rendered-cluster.ts';

export const RELEASE = 'mail';
/** Helm gives up a minute before it is given up. */
const ROLL_TIMEOUT_MS = 420_000;
const ROLL_TIMEOUT = '360s';
const LEAVE_TIMEOUT_MS = 180_000;
const LOOK_EVERY_MS = 1_000;
const COMMAND = ['node', '/app/apps/staffetta/bin/staffetta.js'];

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly ready: boolean;
      readonly imageID: string;
      readonly image: string;
    }[];
  };
}

export interface ReleaseSettings {
  /** Helm's program. */
  readonly helm: string;
  readonly api: ApiServer;
  readonly namespace: string;
  /** Files of values, and more values. */
  readonly files: readonly string[];
  readonly values: object;
  /** Whose command line reaches the release, as `deployment/NAME`. */
  readonly commandPod: string;
}

export class Release {
  readonly #settings: ReleaseSettings;

  /** Nothing is installed yet. */
  constructor(settings: ReleaseSettings) {
    this.#settings = settings;
  }

  get namespace(): string {
    return this.#settings.namespace;
  }

  /** `helm upgrade --install --wait`, with more settings; resolves when the new pods are ready. */
  async roll(settings: readonly string[] = []): Promise<void> {
    const { files, values } = this.#settings;
    const given = [...files, '-'].flatMap((file) => ['-f', file]);
    const waits = ['--wait', '--timeout', ROLL_TIMEOUT];
    const set = settings.flatMap((setting) => ['--set', setting]);
    const args = ['upgrade', '--install', RELEASE, CHART, ...given, ...waits, ...set];
    await mustRun(this.#command(args), JSON.stringify(values), ROLL_TIMEOUT_MS);
  }

  /** `helm test`. */
  test(): Promise<ProgramResult> {
    const command = this.#command(['test', RELEASE, '--logs', '--timeout', '170s']);
    return runProgram(command, '', ROLL_TIMEOUT_MS);
  }

  /** `helm uninstall --wait`. */
  async remove(): Promise<void> {
    const waits = ['--wait', '--timeout', ROLL_TIMEOUT];
    await mustRun(this.#command(['uninstall', RELEASE, ...waits]), '', ROLL_TIMEOUT_MS);
  }

  /** Its services' pods, those that end included. */
  async pods(): Promise<readonly Pod[]> {
    const { api, namespace } = this.#settings;
    const all = (await api.list(['pods'], namespace)) as unknown as Pod[];
    return all.filter(
      ({ metadata }) => !['test', 'migrate'].includes(componentOf(metadata.labels)),
    );
  }

  /** Resolves when no pod is there any more that is to end. */
  async settled(): Promise<void> {
    const isSettled = async (): Promise<boolean> => {
      const pods = await this.pods();
      return pods.every(({ metadata }) => metadata.deletionTimestamp === undefined);
    };
    await waitFor('the old pods have ended', LEAVE_TIMEOUT_MS, isSettled, LOOK_EVERY_MS);
  }

  /** Resolves when no pod is there any more. */
  async ended(): Promise<void> {
    const hasEnded = async (): Promise<boolean> => (await this.pods()).length === 0;
    await waitFor('all pods have ended', LEAVE_TIMEOUT_MS, hasEnded, LOOK_EVERY_MS);
  }

  /** What Kubernetes has told of it, a line each. */
  async events(): Promise<readonly string[]> {
    const fields =
      'jsonpath={range .items[*]}{.reason}{" "}{.involvedObject.name}{" "}{.message}{"\\n"}{end}';
    const { api, namespace } = this.#settings;
    const output = await api.must(['get', 'events', '-n', namespace, '-o', fields]);
    return output.split('\n').filter(Boolean);
  }

  /** The command line, in the pod that has the token for it. */
  async must(args: readonly string[], stdin = ''): Promise<string> {
    const result = await this.cli(args, stdin);
    if (result.code !== 0) throw new Error(`staffetta ${args.join(' ')}: ${result.output}`);
    return result.output;
  }

  cli(args: readonly string[], stdin = ''): Promise<ProgramResult> {
    const { api, namespace, commandPod } = this.#settings;
    const where = ['--stdin', '--namespace', namespace, commandPod];
    return api.kubectl(['exec', ...where, '--', ...COMMAND, ...args], stdin);
  }

  #command(args: readonly string[]): string[] {
    const { helm, api, namespace } = this.#settings;
    return [helm, ...args, '--kubeconfig', api.kubeconfig, '--namespace', namespace];
  }
}

export function componentOf(labels: Readonly<Record<string, string>> = {}): string {
  return labels['app.kubernetes.io/component'] ?? '';
}
