import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { describeStartFailure, EXIT, SERVICE_NAMES } from '@staffetta/platform';
import type { ServiceName } from '@staffetta/platform';
import { UsageError } from '../command.ts';
import type { Command } from '../command.ts';
import { formatTable, formatTime } from '../output.ts';
import { VERSION } from '../version.ts';
import { CLUSTER } from './cluster.ts';

interface InstanceView {
  readonly id: string;
  readonly services: readonly string[];
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAtMs: number;
  readonly alive: boolean;
  readonly ready: boolean;
}

interface Status {
  readonly version: string;
  readonly ready: boolean;
  readonly instances: readonly InstanceView[];
  readonly health: readonly { name: string; ok: boolean; detail: string }[];
}

/** How long a stop may take beyond the time to drain: services and PostgreSQL end after it. */
const STOP_MARGIN_MS = 60_000;
const STOP_POLL_MS = 100;

const start: Command = {
  name: 'start',
  usage: '[SERVICE...]',
  summary: 'start all services in this process, or those named',
  details: `Services: ${SERVICE_NAMES.join(', ')}.
Runs until SIGTERM or SIGINT, then drains: no new sessions, what is in flight finishes, all is settled.`,
  positionals: [0, SERVICE_NAMES.length],
  async run({ positionals, config }) {
    const unknown = positionals.find((name) => !SERVICE_NAMES.includes(name as ServiceName));
    if (unknown !== undefined) {
      throw new UsageError(`no service "${unknown}"; there are: ${SERVICE_NAMES.join(', ')}`);
    }
    const { startServices } = await import('../start.ts');
    return startServices(config(), positionals as readonly ServiceName[]);
  },
};

const stop: Command = {
  name: 'stop',
  usage: '',
  summary: 'drain the running system, and wait until it has ended',
  positionals: [0, 0],
  async run({ config, admin, output }) {
    const { instances } = await admin().post<{ instances: readonly InstanceView[] }>('stop');
    const here = instances.filter(({ host }) => host === hostname());
    const untilMs = Date.now() + config().drainMs + STOP_MARGIN_MS;
    while (here.some(({ pid }) => isRunning(pid))) {
      if (Date.now() > untilMs) {
        const pids = here.filter(({ pid }) => isRunning(pid)).map(({ pid }) => pid);
        output.failure(`still running after the time to drain: process ${pids.join(', ')}`);
        return EXIT.failed;
      }
      await wait(STOP_POLL_MS);
    }
    output.result({ stopped: here.map(({ id }) => id) }, () => 'stopped');
    if (here.length < instances.length) output.note('processes on other machines drain too');
    return EXIT.done;
  },
};

const status: Command = {
  name: 'status',
  usage: '',
  summary: 'show what runs and how it does',
  positionals: [0, 0],
  async run({ admin, output }) {
    output.result(await admin().get<Status>('status'), ({ version, ready, instances, health }) =>
      [
        `staffetta ${version}: ${ready ? 'ready' : 'not ready'}`,
        instanceTable(instances),
        formatTable(
          ['PART', 'STATE', 'DETAIL'],
          health.map(({ name, ok, detail }) => [name, ok ? 'ok' : 'NOT OK', detail]),
        ),
      ].join('\n\n'),
    );
    return EXIT.done;
  },
};

const migrate: Command = {
  name: 'migrate',
  usage: '',
  summary: 'bring the database to this version, and make the topics of a log in Kafka',
  details: 'Needs no running system: an embedded PostgreSQL is started for it, and stopped again.',
  positionals: [0, 0],
  async run({ config, output }) {
    const { migrateDatabase } = await import('@staffetta/composition-context');
    const tell = (_: object, message: string): void => output.note(message);
    const log = { info: () => undefined, warn: tell, error: tell };
    const settings = config();
    try {
      output.result({ ran: await migrateDatabase(settings, log) }, ({ ran }) =>
        ran.length === 0 ? 'the database is up to date' : `ran ${ran.join(', ')}`,
      );
      return EXIT.done;
    } catch (error) {
      const { message, exitCode } = describeStartFailure(error, settings);
      output.failure(message);
      return exitCode;
    }
  },
};

const version: Command = {
  name: 'version',
  usage: '',
  summary: 'print the version',
  positionals: [0, 0],
  async run({ output }) {
    output.result(
      { version: VERSION, node: process.version },
      (value) => `staffetta ${value.version} (node ${value.node})`,
    );
    return EXIT.done;
  },
};

/** Commands about the system as a whole. */
export const SYSTEM_COMMANDS: readonly Command[] = [start, stop, status, CLUSTER, migrate, version];

function instanceTable(instances: readonly InstanceView[]): string {
  return formatTable(
    ['PROCESS', 'HOST', 'PID', 'STATE', 'STARTED', 'SERVICES'],
    instances.map(({ id, host, pid, alive, ready, startedAtMs, services }) => [
      id,
      host,
      pid,
      alive ? (ready ? 'ready' : 'not ready') : 'no sign of life',
      formatTime(startedAtMs),
      services.join(' '),
    ]),
  );
}

/** A process that has ended and was not waited for by its parent counts as gone. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'Z';
  } catch {
    // No /proc on this system, or gone meanwhile: the next look tells.
    return false;
  }
}
