/** A release of the chart in a cluster, by Helm, and what its pods say. */
import { mustRun, runProgram } from '../../harness/run-program.ts';
import type { ProgramResult } from '../../harness/run-program.ts';
import { waitFor } from '../../harness/wait.ts';
import type { ApiServer } from '../api-server.ts';
import { CHART } from '../rendered-cluster.ts';

const NAME = 'mail';
/** Helm gives up a minute before it is given up. */
const ROLL_TIMEOUT_MS = 420_000;
const ROLL_TIMEOUT = '360s';
const LEAVE_TIMEOUT_MS = 180_000;
const LOOK_EVERY_MS = 1_000;
const COMMAND = ['node', '/app/apps/staffetta/bin/staffetta.js'];

export interface Pod {
  readonly metadata: {
    readonly name: string;
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

export class Release {
  readonly #helm: string;
  readonly #api: ApiServer;
  readonly #namespace: string;
  readonly #preset: string;
  readonly #values: object;

  /** Of a preset, as `small`, with more values. */
  constructor(helm: string, api: ApiServer, preset: string, values: object) {
    this.#helm = helm;
    this.#api = api;
    this.#namespace = preset;
    this.#preset = preset;
    this.#values = values;
  }

  get namespace(): string {
    return this.#namespace;
  }

  /** `helm upgrade --install --wait`, with more settings; resolves when the new pods are ready. */
  async roll(settings: readonly string[] = []): Promise<void> {
    const given = ['-f', `${CHART}/values-${this.#preset}.yaml`, '-f', '-'];
    const waits = ['--wait', '--timeout', ROLL_TIMEOUT];
    const set = settings.flatMap((setting) => ['--set', setting]);
    const args = ['upgrade', '--install', NAME, CHART, ...given, ...waits, ...set];
    const stdin = JSON.stringify(this.#values);
    await mustRun(this.#command(args), stdin, ROLL_TIMEOUT_MS);
  }

  /** `helm test`. */
  test(): Promise<ProgramResult> {
    const command = this.#command(['test', NAME, '--logs', '--timeout', '170s']);
    return runProgram(command, '', ROLL_TIMEOUT_MS);
  }

  async remove(): Promise<void> {
    const waits = ['--wait', '--timeout', ROLL_TIMEOUT];
    await mustRun(this.#command(['uninstall', NAME, ...waits]), '', ROLL_TIMEOUT_MS);
  }

  /** Its services' pods, those that end included. */
  async pods(): Promise<readonly Pod[]> {
    const all = (await this.#api.list(['pods'], this.#namespace)) as unknown as Pod[];
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

  /** What Kubernetes has told of it, a line each. */
  async events(): Promise<readonly string[]> {
    const fields =
      'jsonpath={range .items[*]}{.reason}{" "}{.involvedObject.name}{" "}{.message}{"\\n"}{end}';
    const output = await this.#api.must(['get', 'events', '-n', this.#namespace, '-o', fields]);
    return output.split('\n').filter(Boolean);
  }

  /** The command line, in the pod of the dashboard, which has the token for it. */
  async must(args: readonly string[]): Promise<string> {
    const result = await this.cli(args);
    if (result.code !== 0) throw new Error(`staffetta ${args.join(' ')}: ${result.output}`);
    return result.output;
  }

  cli(args: readonly string[]): Promise<ProgramResult> {
    const pod = `deployment/${NAME}-staffetta-dashboard`;
    return this.#api.kubectl(['exec', '-n', this.#namespace, pod, '--', ...COMMAND, ...args]);
  }

  #command(args: readonly string[]): string[] {
    const where = ['--kubeconfig', this.#api.kubeconfig, '--namespace', this.#namespace];
    return [this.#helm, ...args, ...where];
  }
}

export function componentOf(labels: Readonly<Record<string, string>> = {}): string {
  return labels['app.kubernetes.io/component'] ?? '';
}
