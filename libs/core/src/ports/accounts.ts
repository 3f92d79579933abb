import type { Authentication } from './directory.ts';

/** What stands behind an address of anybody. */
export type FoundRecipient =
  | {
      readonly kind: 'account';
      readonly accountId: string;
      readonly address: string;
      readonly tenantId: string;
    }
  | { readonly kind: 'alias'; readonly targets: readonly string[]; readonly tenantId: string }
  /** A relay domain of ours takes any recipient; `nextHop` is empty where its MX hosts are used. */
  | { readonly kind: 'relay'; readonly nextHop: string; readonly tenantId: string }
  /** Nobody of that name in a local domain of ours. */
  | { readonly kind: 'unknown' }
  /** Not a domain of ours, or no address at all. */
  | { readonly kind: 'foreign' };

/** Who has mailboxes here. */
export interface Accounts {
  /** One answer for each of at most 500 addresses, in their order. Rejects with ServiceUnavailable. */
  find(addresses: readonly string[]): Promise<readonly FoundRecipient[]>;
  /** As Directory.authenticate; `unavailable` where nobody can say. */
  authenticate(user: string, password: string): Promise<Authentication>;
}
