import { isDnsName, type Dns, type DnsReply, type DnsType } from '@staffetta/core';
import { Admission, type AdmissionLimits } from './admission.ts';
import type { DnsServer } from './dns-server.ts';
import { Question, type QuestionTimes } from './question.ts';
import { Upstream } from './upstream.ts';

export interface DnsClientOptions extends Partial<AdmissionLimits>, Partial<QuestionTimes> {
  /** Asked in this order; those that keep silent come last. */
  readonly servers: readonly DnsServer[];
}

/** What the client is doing. */
export interface DnsClientStats {
  readonly inFlight: number;
  readonly waiting: number;
}

const DEFAULTS = {
  attemptTimeoutMs: 1000,
  totalTimeoutMs: 5000,
  inFlightMax: 2000,
  burstMax: 200,
  waitingMax: 10_000,
};

/** Asks recursive DNS servers over UDP, and over TCP what does not fit. It keeps no answers. */
export class DnsClient implements Dns {
  readonly #upstreams: readonly Upstream[];
  readonly #times: QuestionTimes;
  readonly #admission: Admission<Question>;
  /** How to end each question that is open. */
  readonly #open = new Set<(reply: DnsReply) => void>();
  #closed = false;

  constructor(options: DnsClientOptions) {
    const limits = { ...DEFAULTS, ...options };
    this.#upstreams = options.servers.map((server) => new Upstream(server));
    this.#times = limits;
    this.#admission = new Admission(limits);
  }

  query(
    name: string,
    type: DnsType,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<DnsReply> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      if (!isDnsName(name)) throw new TypeError(`not a name for DNS: ${name}`);
      if (this.#closed) return resolve({ kind: 'temporary', reason: 'the DNS client is closed' });
      const end = (reply: DnsReply): void => {
        leave();
        resolve(reply);
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason as Error);
      };
      const leave = (): void => {
        question.cancel();
        this.#admission.leave(question);
        this.#open.delete(end);
        signal?.removeEventListener('abort', onAbort);
      };
      const question = new Question(name, type, this.#inOrder(), this.#times, end);
      this.#open.add(end);
      signal?.addEventListener('abort', onAbort, { once: true });
      const entry = this.#admission.enter(question);
      if (entry === 'waits') question.wait();
      if (entry === 'full') end({ kind: 'temporary', reason: 'too many DNS questions' });
    });
  }

  stats(): DnsClientStats {
    return { inFlight: this.#admission.inFlight, waiting: this.#admission.waiting };
  }

  /** Answers what is open with a temporary failure and lets the sockets go. */
  close(): void {
    this.#closed = true;
    for (const end of this.#open) end({ kind: 'temporary', reason: 'the DNS client is closed' });
    for (const upstream of this.#upstreams) upstream.close();
  }

  #inOrder(): readonly Upstream[] {
    if (this.#upstreams.length < 2) return this.#upstreams;
    const nowMs = performance.now();
    const down = new Set(this.#upstreams.filter((upstream) => upstream.isDown(nowMs)));
    if (down.size === 0) return this.#upstreams;
    return [...this.#upstreams.filter((upstream) => !down.has(upstream)), ...down];
  }
}
