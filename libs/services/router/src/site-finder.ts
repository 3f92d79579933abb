import type { Clock, MxResolver } from '@staffetta/core';

/**
 * A domain that has not answered after this time waits in its own lane, not in the router, in milliseconds: its lane's
 * owner asks again. A batch waits with it, so it is half of what the design allows.
 */
const WAIT_MS = 1_000;
/** The same while some domain is silent: DNS itself may be away, and then each new name would cost a whole wait. */
const WAIT_WHILE_SILENT_MS = 100;
/** How long such a domain is not waited for again, in milliseconds. */
const SILENT_MS = 15_000;
const SILENT_MAX = 10_000;

/** Asks for the sites of domains, and never waits long or often for a slow one. */
export class SiteFinder {
  readonly #resolver: MxResolver;
  readonly #clock: Clock;
  /** Domains that did not answer, and until when they are not waited for. */
  readonly #silent = new Map<string, number>();
  #someSilentUntilMs = 0;

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
    const signal = AbortSignal.timeout(
      this.#someSilentUntilMs > now ? WAIT_WHILE_SILENT_MS : WAIT_MS,
    );
    try {
      const answer = await this.#resolver.resolve(domain, { signal });
      if (answer.kind === 'temporary') this.#remember(domain, now);
      return answer.kind === 'hosts' ? answer.site : unknown;
    } catch (error) {
      if (!signal.aborted) throw error;
      this.#someSilentUntilMs = this.#clock.now() + SILENT_MS;
      this.#remember(domain, now);
      return unknown;
    }
  }

  #remember(domain: string, now: number): void {
    if (this.#silent.size >= SILENT_MAX) this.#silent.clear();
    this.#silent.set(domain, now + SILENT_MS);
  }
}
