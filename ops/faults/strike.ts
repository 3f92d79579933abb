import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../tools/harness/cluster.ts';
import type { Fault } from './plan.ts';

/** A lease lasts 10 s; this is longer. */
const STOPPED_MS = 11_000;

/** A fault that struck, in milliseconds since the epoch. */
export interface Struck extends Fault {
  readonly atMs: number;
  /** When the victim was ready again. */
  readonly overMs: number;
}

/** Kills the victim, or stops it; resolves when it is ready again, or goes on. */
export async function strike(cluster: Cluster, fault: Fault): Promise<Struck> {
  const victim = victimOf(cluster, fault.victim);
  const atMs = Date.now();
  if (fault.kind === 'kill') {
    await victim.killAndRestart();
  } else {
    victim.pause();
    try {
      await sleep(STOPPED_MS);
    } finally {
      victim.resume();
    }
  }
  return { ...fault, atMs, overMs: Date.now() };
}

interface Victim {
  killAndRestart(): Promise<void>;
  pause(): void;
  resume(): void;
}

function victimOf(cluster: Cluster, name: string): Victim {
  const member = cluster.members.find((one) => one.name === name);
  if (member !== undefined) {
    const { process } = member;
    return {
      killAndRestart: async () => {
        await process.killNode();
        await process.start();
      },
      pause: () => process.signal('SIGSTOP'),
      resume: () => process.signal('SIGCONT'),
    };
  }
  if (name === 'postgres') return postgresOf(cluster);
  const broker = cluster.kafka?.brokers[Number(name.replace('kafka-', '')) - 1];
  if (broker === undefined) throw new Error(`no ${name} in this cluster`);
  return {
    killAndRestart: async () => {
      await broker.kill();
      await broker.restart();
    },
    pause: () => broker.pause(),
    resume: () => broker.resume(),
  };
}

function postgresOf({ postgres }: Cluster): Victim {
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of postgres.pids()) process.kill(pid, name);
  };
  return {
    killAndRestart: async () => {
      const before = postgres.pid;
      postgres.kill();
      await postgres.restarted(before);
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
  };
}
