/** An IP address of a mail server. */
export interface MxAddress {
  /** Without brackets. */
  readonly address: string;
  readonly family: 4 | 6;
}

/** A host that takes a domain's mail. */
export interface MxHost {
  /** Lower-case A-labels; the literal in brackets where the domain is one. */
  readonly name: string;
  /** Lower is tried first. */
  readonly preference: number;
  /** IPv4 first, in the order of the DNS. Empty where the name does not resolve (now). */
  readonly addresses: readonly MxAddress[];
}

/** Where a domain's mail goes (RFC 5321 §5.1). */
export type MxAnswer =
  | {
      readonly kind: 'hosts';
      /** Name of the set of hosts: the same for all domains with the same hosts in the same order of preference. */
      readonly site: string;
      /** By preference, then name; equals are not shuffled: see orderHosts. At least one has an address. */
      readonly hosts: readonly MxHost[];
      /** No MX: the domain's own addresses are used. */
      readonly implicit: boolean;
      /** Until when this may be kept, in milliseconds since 1970. */
      readonly expiresAtMs: number;
    }
  /** RFC 7505: the domain takes no mail (5.1.10). */
  | { readonly kind: 'null-mx' }
  /** The name does not exist, or cannot be a domain (5.1.2). */
  | { readonly kind: 'no-such-domain' }
  /** The domain exists, but neither its MX hosts nor itself have an address (5.4.4). */
  | { readonly kind: 'no-hosts' }
  /** DNS gives no answer for now (4.4.3). */
  | { readonly kind: 'temporary'; readonly reason: string };

/** Counters since the start, and what is held now. */
export interface MxResolverStats {
  /** Domains and record sets kept. */
  readonly entries: number;
  /** Questions of callers answered from what is kept. */
  readonly hits: number;
  /** Questions of callers that had to be asked. */
  readonly misses: number;
  /** Questions put to the DNS. */
  readonly questions: number;
  /** Of those, without a usable answer. */
  readonly failures: number;
}

/** Finds where mail goes; keeps answers as long as their TTL allows and asks for one name once at a time. */
export interface MxResolver {
  /**
   * The hosts of a domain (A-labels as domainKey gives them, or an address literal). Rejects only with the reason of
   * an aborted signal; the question goes on then, and its answer is kept for the next asker.
   */
  resolve(domain: string, options?: { readonly signal?: AbortSignal }): Promise<MxAnswer>;
  stats(): MxResolverStats;
}
