import { domainKey, isDnsName, untilAborted } from '@staffetta/core';
import type { Clock, Dns, MxAnswer, MxResolver, MxResolverStats } from '@staffetta/core';
import { parseAddressLiteral } from './address-literal.ts';
import { AnswerCache } from './answer-cache.ts';
import { lookUpMx, type KeptAnswer } from './mx-lookup.ts';
import { RecordSets } from './record-sets.ts';

export interface DnsMxResolverOptions {
  readonly dns: Dns;
  readonly clock: Clock;
  /** Domains kept (about 1 KB each); the one unused for longest goes. Default 50,000. */
  readonly domainsMax?: number;
  /** Record sets kept (about 0.5 KB each), since many domains share their hosts. Default 100,000. */
  readonly recordSetsMax?: number;
}

const DOMAINS_MAX_DEFAULT = 50_000;
const RECORD_SETS_MAX_DEFAULT = 100_000;
/** How long an answer about a literal, which nothing can change, may be kept. */
const LITERAL_HOLD_MS = 24 * 3600 * 1000;

/** Finds a domain's mail servers by DNS. Answers are kept for their TTL, failures for five seconds. */
export class DnsMxResolver implements MxResolver {
  readonly #clock: Clock;
  readonly #sets: RecordSets;
  readonly #answers: AnswerCache<KeptAnswer>;

  constructor(options: DnsMxResolverOptions) {
    const { dns, clock } = options;
    this.#clock = clock;
    this.#sets = new RecordSets(dns, clock, options.recordSetsMax ?? RECORD_SETS_MAX_DEFAULT);
    this.#answers = new AnswerCache(options.domainsMax ?? DOMAINS_MAX_DEFAULT, clock);
  }

  async resolve(
    domain: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<MxAnswer> {
    options.signal?.throwIfAborted();
    const key = domainKey(domain);
    if (key.startsWith('[')) return this.#answerLiteral(key);
    if (!isDnsName(key)) return { kind: 'no-such-domain' };
    const kept = this.#answers.take(key, () => lookUpMx(this.#sets, this.#clock, key));
    return (await untilAborted(kept, options.signal)).answer;
  }

  stats(): MxResolverStats {
    return {
      entries: this.#answers.entries + this.#sets.entries,
      hits: this.#answers.hits,
      misses: this.#answers.misses,
      questions: this.#sets.questions,
      failures: this.#sets.failures,
    };
  }

  #answerLiteral(literal: string): MxAnswer {
    const address = parseAddressLiteral(literal);
    if (!address) return { kind: 'no-such-domain' };
    const site = address.family === 4 ? `[${address.address}]` : `[ipv6:${address.address}]`;
    const hosts = [{ name: site, preference: 0, addresses: [address] }];
    const expiresAtMs = this.#clock.now() + LITERAL_HOLD_MS;
    return { kind: 'hosts', site, hosts, implicit: true, expiresAtMs };
  }
}
