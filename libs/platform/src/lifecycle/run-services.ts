import { setTimeout as wait } from 'node:timers/promises';
import type { Service } from './service.ts';
import { EXIT } from './exit-code.ts';
import { SignalJudge } from './signals.ts';

/** Settings of a run. */
export interface RunOptions {
  /** Longest wait for all services to drain, in milliseconds. */
  readonly drainMs: number;
  /** Longest wait for one service to stop, in milliseconds. */
  readonly stopMs?: number;
  /** Called once, when every service has started. */
  readonly onStarted?: () => void | Promise<void>;
  /** Told of each step; `error` only where something went wrong. */
  readonly onStep?: (step: RunStep) => void;
  /** Where SIGTERM and SIGINT come from; the process by default. */
  readonly signals?: SignalSource;
}

/** A step of a run, for the log. */
export interface RunStep {
  readonly kind:
    | 'starting'
    | 'started'
    | 'draining'
    | 'drained'
    /** Told every second while services drain or stop that have begun to. */
    | 'waiting'
    | 'stopping'
    | 'stopped'
    | 'forced';
  /** The service; of what is waited for, all that are not done yet. */
  readonly service?: string;
  readonly error?: unknown;
}

/** What sends signals. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

/** A run of services. */
export interface Run {
  /** The exit code, when all services have stopped. Rejects with what kept a service from starting. */
  readonly ended: Promise<number>;
  /** Begins to drain, as SIGTERM does. */
  drain(): void;
  /** True, or what is missing by service; draining is not ready. */
  readiness(): true | Readonly<Record<string, string>>;
}

const STOP_MS = 30_000;
const TELL_MS = 1_000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Starts services in order and runs them until SIGTERM or SIGINT, then drains them together and stops them in
 * reverse. A later second signal gives up the drain, a third also the stop. A start that fails does the same with what was started.
 */
export function runServices(services: readonly Service[], options: RunOptions): Run {
  const run = new ServiceRun(services, options);
  return { ended: run.run(), drain: () => run.drain(), readiness: () => run.readiness() };
}

class ServiceRun {
  readonly #services: readonly Service[];
  readonly #options: RunOptions;
  readonly #started: Service[] = [];
  readonly #drainAsked = Promise.withResolvers<void>();
  readonly #drainForced = Promise.withResolvers<void>();
  readonly #stopForced = Promise.withResolvers<void>();
  /** Services that are draining or stopping. */
  readonly #awaited = new Set<string>();
  #telling: NodeJS.Timeout | undefined;
  #draining = false;
  #stopping = false;

  constructor(services: readonly Service[], options: RunOptions) {
    this.#services = services;
    this.#options = options;
  }

  async run(): Promise<number> {
    const stopListening = this.#listenToSignals();
    try {
      await this.#start().catch(async (error: unknown) => {
        await this.#drainAll();
        await this.#stopAll();
        throw error;
      });
      await this.#drainAsked.promise;
      const drained = await this.#drainAll();
      const stopped = await this.#stopAll();
      return drained && stopped ? EXIT.done : EXIT.failed;
    } finally {
      stopListening();
    }
  }

  drain(): void {
    this.#draining = true;
    this.#drainAsked.resolve();
  }

  readiness(): true | Readonly<Record<string, string>> {
    const missing: Record<string, string> = {};
    for (const service of this.#services) {
      const ready = this.#started.includes(service) ? service.ready() : 'starting';
      if (this.#draining) missing[service.name] = 'draining';
      else if (ready !== true) missing[service.name] = ready || 'not ready';
    }
    return Object.keys(missing).length === 0 ? true : missing;
  }

  async #start(): Promise<void> {
    for (const service of this.#services) {
      if (this.#draining) return;
      this.#step({ kind: 'starting', service: service.name });
      await service.start();
      this.#started.push(service);
      this.#step({ kind: 'started', service: service.name });
    }
    await this.#options.onStarted?.();
  }

  /** Whether every service drained in time and without an error. */
  async #drainAll(): Promise<boolean> {
    const { drainMs } = this.#options;
    const results = this.#started.map(async (service) => {
      this.#begin('draining', service);
      const forced = this.#drainForced.promise;
      const error = await bounded(service.drain(), drainMs, `not drained in ${drainMs} ms`, forced);
      this.#end('drained', service, error);
      return error === undefined;
    });
    return (await Promise.all(results)).every(Boolean);
  }

  async #stopAll(): Promise<boolean> {
    const stopMs = this.#options.stopMs ?? STOP_MS;
    let clean = true;
    this.#stopping = true;
    for (const service of this.#started.splice(0).toReversed()) {
      this.#begin('stopping', service);
      const forced = this.#stopForced.promise;
      const error = await bounded(service.stop(), stopMs, `not stopped in ${stopMs} ms`, forced);
      clean &&= error === undefined;
      this.#end('stopped', service, error);
    }
    return clean;
  }

  #listenToSignals(): () => void {
    const source = this.#options.signals ?? process;
    const judge = new SignalJudge();
    const listeners = SIGNALS.map((signal) => {
      const listener = (): void => this.#obey(judge.judge(signal, Date.now()));
      source.on(signal, listener);
      return () => source.off(signal, listener);
    });
    return () => listeners.forEach((remove) => remove());
  }

  #obey(order: 'drain' | 'nothing' | 'force'): void {
    if (order === 'drain') this.drain();
    if (order !== 'force') return;
    this.#step({ kind: 'forced' });
    if (this.#stopping) this.#stopForced.resolve();
    this.#drainForced.resolve();
  }

  #begin(kind: 'draining' | 'stopping', { name }: Service): void {
    this.#step({ kind, service: name });
    this.#awaited.add(name);
    this.#telling ??= setInterval(() => {
      this.#step({ kind: 'waiting', service: [...this.#awaited].join(', ') });
    }, TELL_MS);
  }

  #end(
    kind: 'drained' | 'stopped',
    { name }: Service,
    error: { error: unknown } | undefined,
  ): void {
    this.#step({ kind, service: name, ...error });
    this.#awaited.delete(name);
    if (this.#awaited.size > 0) return;
    clearInterval(this.#telling);
    this.#telling = undefined;
  }

  #step(step: RunStep): void {
    this.#options.onStep?.(step);
  }
}

/** Waits for the work, at most `limitMs`, and less when forced; returns what went wrong. */
async function bounded(
  work: Promise<void>,
  limitMs: number,
  late: string,
  forced: Promise<void>,
): Promise<{ error: unknown } | undefined> {
  const timer = new AbortController();
  const limit = wait(limitMs, new Error(late), { signal: timer.signal });
  limit.catch(() => undefined);
  try {
    const error = await Promise.race([
      work.then(() => undefined),
      limit,
      forced.then(() => new Error('given up at another signal')),
    ]);
    return error === undefined ? undefined : { error };
  } catch (error) {
    return { error };
  } finally {
    timer.abort();
  }
}
