import { isDnsName } from '@staffetta/core';
import type { Clock, Dns, DnsRecord, DnsReply, DnsType } from '@staffetta/core';
import { AnswerCache } from './answer-cache.ts';
import { FAILURE_HOLD_MS, holdMs, negativeHoldMs } from './hold.ts';

/** What is known of the records of one type under one name, the CNAMEs followed. */
export type RecordSet = { readonly expiresAtMs: number } & (
  | {
      /** There may be none: the name exists all the same. */
      readonly kind: 'records';
      /** The name that the CNAMEs lead to. */
      readonly canonicalName: string;
      readonly records: readonly DnsRecord[];
    }
  | { readonly kind: 'no-such-domain' }
  | { readonly kind: 'temporary'; readonly reason: string }
);

const CNAME_LINKS_MAX = 10;

/** Asks for record sets, each once at a time, and keeps them for their TTL. */
export class RecordSets {
  readonly #dns: Dns;
  readonly #clock: Clock;
  readonly #cache: AnswerCache<RecordSet>;
  questions = 0;
  failures = 0;

  constructor(dns: Dns, clock: Clock, entriesMax: number) {
    this.#dns = dns;
    this.#clock = clock;
    this.#cache = new AnswerCache(entriesMax, clock);
  }

  get entries(): number {
    return this.#cache.entries;
  }

  /** The records of a DNS name. */
  find(name: string, type: DnsType): Promise<RecordSet> {
    return this.#cache.take(`${type} ${name}`, () => this.#follow(name, type));
  }

  /** One answer may hold a whole chain of CNAMEs, or end in a name that has to be asked for in turn. */
  async #follow(name: string, type: DnsType): Promise<RecordSet> {
    let owner = name;
    let leastMs = Infinity;
    for (let links = 0; links <= CNAME_LINKS_MAX;) {
      const reply = await this.#query(owner, type);
      if (reply.kind === 'temporary') return this.#temporary(reply.reason);
      const negativeMs = Math.min(leastMs, negativeHoldMs(reply.negativeTtlSec));
      if (reply.kind === 'no-such-domain')
        return { kind: 'no-such-domain', ...this.#for(negativeMs) };
      const chain = followChain(reply.records, owner, CNAME_LINKS_MAX - links);
      links += chain.links;
      leastMs = Math.min(leastMs, chain.holdMs);
      owner = chain.end;
      if (chain.isCut) break;
      if (!isDnsName(owner)) return { kind: 'no-such-domain', ...this.#for(leastMs) };
      const records = reply.records.filter(
        (record) => record.type === type && record.name === owner,
      );
      const head = { kind: 'records', canonicalName: owner, records } as const;
      const holds = records.map((record) => holdMs(record.ttlSec));
      if (records.length > 0) return { ...head, ...this.#for(Math.min(leastMs, ...holds)) };
      const endsElsewhere = chain.links > 0 && reply.negativeTtlSec === undefined;
      if (!endsElsewhere) return { ...head, ...this.#for(negativeMs) };
    }
    return this.#temporary(`CNAMEs of ${name} lead nowhere`);
  }

  async #query(name: string, type: DnsType): Promise<DnsReply> {
    this.questions++;
    const reply = await this.#dns.query(name, type);
    if (reply.kind === 'temporary') this.failures++;
    return reply;
  }

  #temporary(reason: string): RecordSet {
    return { kind: 'temporary', reason, ...this.#for(FAILURE_HOLD_MS) };
  }

  #for(ms: number): { readonly expiresAtMs: number } {
    return { expiresAtMs: this.#clock.now() + ms };
  }
}

interface Chain {
  readonly end: string;
  readonly links: number;
  /** Of the shortest TTL in it. */
  readonly holdMs: number;
  /** It goes on beyond the links allowed. */
  readonly isCut: boolean;
}

/** Goes along the CNAMEs of one answer, at most so many. */
function followChain(records: readonly DnsRecord[], start: string, linksMax: number): Chain {
  const next = new Map(
    records.flatMap((record) => (record.type === 'CNAME' ? [[record.name, record] as const] : [])),
  );
  let end = start;
  let links = 0;
  let leastMs = Infinity;
  let link = next.get(end);
  for (; link && links < linksMax; link = next.get(end)) {
    end = link.target;
    leastMs = Math.min(leastMs, holdMs(link.ttlSec));
    links++;
  }
  return { end, links, holdMs: leastMs, isCut: link !== undefined };
}
