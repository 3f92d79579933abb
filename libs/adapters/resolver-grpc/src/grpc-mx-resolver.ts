import { ResolverClient } from '@staffetta/contracts';
import { domainKey, untilAborted } from '@staffetta/core';
import type { Clock, MxAnswer, MxResolver, MxResolverStats } from '@staffetta/core';
import type { GrpcChannel } from '@staffetta/grpc';
import { QUESTION_DEADLINE_MS } from './methods.ts';
import { NearCache } from './near-cache.ts';
import { QuestionLine } from './question-line.ts';

export interface GrpcMxResolverOptions {
  /** Made with RESOLVER_METHODS. */
  readonly channel: GrpcChannel;
  readonly clock: Clock;
  /** Until a question is answered with `temporary`, in milliseconds. Default 10 s. */
  readonly deadlineMs?: number;
  /** How long questions go on one stream, in milliseconds. Default one minute. */
  readonly streamLifeMs?: number;
}

/**
 * A resolver in another process. Answers are used for half a minute at most before they are asked for again, and one
 * domain is asked for once at a time. While nobody can be reached, what is kept serves for its TTL, at once; other
 * answers are `temporary`, after the deadline.
 */
export class GrpcMxResolver implements MxResolver {
  readonly #line: QuestionLine;
  readonly #cache: NearCache;
  readonly #underway = new Map<string, Promise<MxAnswer>>();
  readonly #counts = { hits: 0, misses: 0, questions: 0, failures: 0 };

  constructor(options: GrpcMxResolverOptions) {
    const { channel, deadlineMs = QUESTION_DEADLINE_MS, ...rest } = options;
    this.#line = new QuestionLine({ ...rest, client: channel.client(ResolverClient), deadlineMs });
    this.#cache = new NearCache(options.clock);
  }

  async resolve(
    domain: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<MxAnswer> {
    options.signal?.throwIfAborted();
    const key = domainKey(domain);
    const kept = this.#cache.get(key);
    if (kept?.isFresh) {
      this.#counts.hits++;
      return kept.answer;
    }
    this.#counts.misses++;
    const asked = this.#askOnce(key);
    return kept && this.#line.isAway ? kept.answer : untilAborted(asked, options.signal);
  }

  stats(): MxResolverStats {
    return { entries: this.#cache.size, ...this.#counts };
  }

  /** Answers what is open with `temporary`. The channel is its maker's to close. */
  close(): void {
    this.#line.close();
  }

  /** Never rejects. */
  #askOnce(key: string): Promise<MxAnswer> {
    let asked = this.#underway.get(key);
    if (!asked) this.#underway.set(key, (asked = this.#ask(key)));
    return asked;
  }

  async #ask(key: string): Promise<MxAnswer> {
    this.#counts.questions++;
    const answer = await this.#line.ask(key);
    this.#underway.delete(key);
    this.#cache.keep(key, answer);
    if (answer.kind !== 'temporary') return answer;
    this.#counts.failures++;
    return this.#cache.get(key)?.answer ?? answer;
  }
}
