import type { DomainEntry } from './directory.ts';

/** What operators may do: look; act on queues too; change everything. */
export type OperatorRole = 'viewer' | 'operator' | 'admin';

/** An address that stands for others. Addresses are kept as given. */
export interface AliasEntry {
  readonly address: string;
  readonly tenantId: string;
  readonly targets: readonly string[];
}

/** An account, without its password. */
export interface AccountEntry {
  readonly id: string;
  readonly address: string;
  readonly tenantId: string;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** A name and password by which a program submits mail. */
export interface CredentialEntry {
  readonly name: string;
  readonly tenantId: string;
  readonly bulk: boolean;
}

/** An API key, without the key, which is not kept. */
export interface ApiKeyEntry {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly createdAtMs: number;
}

/** Somebody who may use the dashboard. */
export interface OperatorEntry {
  readonly name: string;
  readonly role: OperatorRole;
}

/** A page of a list: what comes after the name, address or (of API keys) id `after`, in order. */
export interface Page {
  readonly after: string;
  /** At most 1,000. */
  readonly limit: number;
}

/**
 * What became of an addition. `version` is the directory's after it; `unchanged`: it was there, with the same
 * settings; `conflict`: it is there with others; `missing`: what it belongs to does not exist.
 */
export type Added =
  | { readonly kind: 'added'; readonly id: string; readonly version: number }
  | { readonly kind: 'unchanged'; readonly id: string; readonly version: number }
  | { readonly kind: 'conflict'; readonly what: string }
  | { readonly kind: 'missing'; readonly what: string };

/** What became of a removal; `conflict`: something still belongs to it. */
export type Removed =
  | { readonly kind: 'removed'; readonly version: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'conflict'; readonly what: string };

/** What can be removed. */
export type Removable = 'domain' | 'alias' | 'credential' | 'apikey' | 'operator';

/**
 * Changes domains, accounts, aliases, credentials, keys and operators. Each change is one transaction with its line
 * in the audit log (`by` is who made it) and moves the directory's version on.
 */
export interface DirectoryAdmin {
  addTenant(by: string, id: string): Promise<Added>;
  addDomain(by: string, domain: DomainEntry): Promise<Added>;
  /** The domain must be local; the account belongs to its tenant. */
  addAccount(by: string, address: string, password: string): Promise<Added>;
  /** The domain must be local, the targets' domains ours. */
  addAlias(by: string, address: string, targets: readonly string[]): Promise<Added>;
  addCredential(by: string, credential: CredentialEntry, password: string): Promise<Added>;
  /** A key of this name that exists is `unchanged`, and the given one is not stored. */
  addApiKey(by: string, tenantId: string, name: string, key: string): Promise<Added>;
  addOperator(by: string, operator: OperatorEntry, password: string): Promise<Added>;
  /** By name, address or id. */
  remove(by: string, kind: Removable, name: string): Promise<Removed>;

  tenants(page: Page): Promise<readonly { readonly id: string }[]>;
  domains(page: Page): Promise<readonly DomainEntry[]>;
  accounts(page: Page): Promise<readonly AccountEntry[]>;
  aliases(page: Page): Promise<readonly AliasEntry[]>;
  credentials(page: Page): Promise<readonly CredentialEntry[]>;
  apiKeys(page: Page): Promise<readonly ApiKeyEntry[]>;
  operators(page: Page): Promise<readonly OperatorEntry[]>;

  /** Resolves with true when every live process works with this version, with false after the time-out. */
  inForce(version: number, timeoutMs: number): Promise<boolean>;
}
