/** A domain of ours. */
export interface DomainEntry {
  /** A-label, lower case. */
  readonly name: string;
  readonly tenantId: string;
  /** `local`: accounts and aliases live here; `relay`: any recipient goes on to its next hop or MX. */
  readonly kind: 'local' | 'relay';
  /** `host:port` for a relay domain with a fixed next hop, else empty. */
  readonly nextHop: string;
}

/** What stands behind an address of a local domain. */
export type AddressEntry =
  | { readonly kind: 'account'; readonly accountId: string; readonly address: string }
  | { readonly kind: 'alias'; readonly targets: readonly string[] }
  | { readonly kind: 'unknown' };

/** Who submits. */
export type Submitter =
  | {
      readonly kind: 'account';
      readonly accountId: string;
      readonly address: string;
      readonly tenantId: string;
      /** Address keys it may use as reverse-path: its own and its aliases'. */
      readonly sendsAs: readonly string[];
    }
  | {
      readonly kind: 'credential';
      readonly name: string;
      readonly tenantId: string;
      readonly bulk: boolean;
    };

/** Answer to a question of who somebody is. `unavailable` is never a reason to refuse for good. */
export type Authentication =
  | { readonly kind: 'ok'; readonly submitter: Submitter }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unavailable' };

/** Domains, accounts, aliases, credentials: asked in batches or answered from a bounded cache. */
export interface Directory {
  /** The domain (A-label) if it is ours. Throws where the database is away and nothing is cached. */
  domain(name: string): Promise<DomainEntry | undefined>;
  /** What stands behind an address key (see addressKey) of a local domain. */
  address(key: string): Promise<AddressEntry>;
  /** Checks name and password of an account (full address) or a credential; time does not tell which was wrong. */
  authenticate(user: string, password: string): Promise<Authentication>;
  /** The tenant of an API key; undefined where there is no such key. */
  apiKey(key: string): Promise<{ readonly id: string; readonly tenantId: string } | undefined>;
  /** Whether the tenant may use the domain (A-label) in a reverse-path: its own domains. */
  sendingDomain(tenantId: string, domain: string): Promise<boolean>;
}
