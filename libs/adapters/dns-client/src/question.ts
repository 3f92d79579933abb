import type { DnsReply, DnsType } from '@staffetta/core';
import { askByTcp } from './ask-by-tcp.ts';
import { encodeQuery, judge } from './message.ts';
import type { Upstream } from './upstream.ts';

const TIMEOUT_GROWTH = 1.5;
const TCP_TIMEOUT_MS = 2500;

export interface QuestionTimes {
  /** Until the next server is asked; grows by half each time. */
  readonly attemptTimeoutMs: number;
  /** Until the question is given up, waiting for its turn included. */
  readonly totalTimeoutMs: number;
}

/**
 * One question on its way: goes round the servers until one answers, all have failed it or the time is up. Servers
 * asked before may still answer while the next one is asked.
 */
export class Question {
  readonly #name: string;
  readonly #type: DnsType;
  readonly #times: QuestionTimes;
  readonly #done: (reply: DnsReply) => void;
  readonly #deadlineMs: number;
  readonly #releases = new Set<() => void>();
  /** Those that may answer; the next to be asked is the first. */
  #servers: Upstream[];
  #current: Upstream | undefined;
  #query: Buffer;
  #edns = true;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;
  #cancelTcp: (() => void) | undefined;
  #over = false;

  /** `servers` in the order to be asked; `done` is called at most once, never before the constructor returns. */
  constructor(
    name: string,
    type: DnsType,
    servers: readonly Upstream[],
    times: QuestionTimes,
    done: (reply: DnsReply) => void,
  ) {
    this.#name = name;
    this.#type = type;
    this.#servers = [...servers];
    this.#times = times;
    this.#done = done;
    this.#deadlineMs = performance.now() + times.totalTimeoutMs;
    this.#query = encodeQuery(name, type, true);
  }

  /** It has to wait for its turn, but not beyond its time. */
  wait(): void {
    const giveUp = (): void => this.#end({ kind: 'temporary', reason: 'too many DNS questions' });
    this.#timer = setTimeout(giveUp, this.#times.totalTimeoutMs);
  }

  /** Its turn has come. */
  start(): void {
    clearTimeout(this.#timer);
    this.#attempt('no DNS server');
  }

  /** Ends it without calling `done`. */
  cancel(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#cancelTcp?.();
    for (const release of this.#releases) release();
    this.#releases.clear();
  }

  #attempt(lastReason: string): void {
    const leftMs = this.#deadlineMs - performance.now();
    const upstream = this.#servers.shift();
    if (!upstream || leftMs <= 0) return this.#end({ kind: 'temporary', reason: lastReason });
    this.#servers.push(upstream);
    this.#current = upstream;
    const grownMs = this.#times.attemptTimeoutMs * TIMEOUT_GROWTH ** this.#attempts++;
    const onSilence = (): void => {
      upstream.silent(performance.now());
      this.#attempt('no answer from DNS in time');
    };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onSilence, Math.min(grownMs, leftMs));
    this.#send(upstream, this.#query);
  }

  #send(upstream: Upstream, query: Buffer): void {
    const release = upstream.send(query, {
      onMessage: (message) => {
        const isOver = this.#receive(upstream, query, message);
        if (isOver) this.#releases.delete(release);
        return isOver;
      },
      onError: (error) => {
        this.#releases.delete(release);
        this.#without(upstream, error.message);
      },
    });
    this.#releases.add(release);
  }

  /** Says whether the wait for the answer to this query is over. */
  #receive(upstream: Upstream, query: Buffer, message: Buffer): boolean {
    const verdict = judge(message, query);
    if (verdict.kind === 'foreign') return false;
    upstream.answered();
    if (verdict.kind === 'reply') this.#end(verdict.reply);
    else if (verdict.kind === 'failed') this.#without(upstream, verdict.reason);
    else if (verdict.kind === 'truncated') this.#askByTcp(upstream, query);
    else this.#withoutEdns(upstream);
    return true;
  }

  /** The server will not answer this question: from now on only others are asked. */
  #without(upstream: Upstream, reason: string): void {
    if (this.#over) return;
    this.#servers = this.#servers.filter((server) => server !== upstream);
    if (this.#current === upstream) this.#attempt(reason);
  }

  #withoutEdns(upstream: Upstream): void {
    if (this.#edns) this.#query = encodeQuery(this.#name, this.#type, false);
    this.#edns = false;
    this.#servers = [upstream, ...this.#servers.filter((server) => server !== upstream)];
    this.#attempt('FORMERR');
  }

  #askByTcp(upstream: Upstream, query: Buffer): void {
    if (this.#cancelTcp) return;
    clearTimeout(this.#timer);
    this.#current = upstream;
    const leftMs = Math.max(1, this.#deadlineMs - performance.now());
    const timeoutMs = Math.min(TCP_TIMEOUT_MS, leftMs);
    this.#cancelTcp = askByTcp(upstream.server, query, timeoutMs, (result) => {
      this.#cancelTcp = undefined;
      if (result instanceof Error) return this.#without(upstream, result.message);
      const verdict = result.readUInt16BE(0) === 0 ? judge(result, query) : undefined;
      if (verdict?.kind === 'reply') return this.#end(verdict.reply);
      this.#without(upstream, verdict?.kind === 'failed' ? verdict.reason : 'bad answer by TCP');
    });
  }

  #end(reply: DnsReply): void {
    if (this.#over) return;
    this.cancel();
    this.#done(reply);
  }
}
