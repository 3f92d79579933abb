import type { Clock, MxResolver } from '@staffetta/core';

/** A domain that has not answered after this time waits in its own lane, not in the router, in milliseconds. */
const WAIT_MS = 2_000;
/** How long such a domain is not waited for again, in milliseconds. */
const SILENT_MS = 15_000;
const SILENT_MAX = 10_000;

/** Asks for the sites of domains, and never waits long or often for a slow one. */
export class SiteFinder {
  readonly #resolver: MxResolver;
  readonly #clock: Clock;
  /** Domains that did not answer, and until when they are not waited for. */
  readonly #silent = new Map<string, number>();

  constructor(resolver: MxResolver, clock: Clock) {
    this.#resolver = resolver;
    this.#clock = clock;
  }

  /** The key of a domain's mail: its site, or `?domain` where there is no answer or no host; the lane's owner asks again. */
  async site(domain: string): Promise<string> {
    const unknown = `?${domain}`;
    const now = this.#clock.now();
    const silentUntilMs = this.#silent.get(domain);
    if (silentUntilMs !== undefined && silentUntilMs > now) return unknown;
    const signal = AbortSignal.timeout(WAIT_MS);
    try {
      const answer = await this.#resolver.resolve(domain, { signal });
      if (answer.kind === 'temporary') this.#remember(domain, now);
      return answer.kind === 'hosts' ? answer.site : unknown;
    } catch (error) {
      if (!signal.aborted) throw error;
      this.#remember(domain, now);
      return unknown;
    }
  }

  #remember(domain: string, now: number): void {
    if (this.#silent.size >= SILENT_MAX) this.#silent.clear();
    this.#silent.set(domain, now + SILENT_MS);
  }
}
