import { addressKey } from '@staffetta/core';
import type {
  AddressEntry,
  Authentication,
  Directory,
  DomainEntry,
  Submitter,
} from '@staffetta/core';

/** Domains, accounts and credentials in memory, for tests. */
export class MemoryDirectory implements Directory {
  /** While true, every question fails as if the database were away. */
  unavailable = false;
  readonly #domains = new Map<string, DomainEntry>();
  readonly #addresses = new Map<string, AddressEntry>();
  readonly #submitters = new Map<
    string,
    { readonly password: string; readonly submitter: Submitter }
  >();
  readonly #apiKeys = new Map<string, { readonly id: string; readonly tenantId: string }>();

  addDomain(name: string, kind: 'local' | 'relay', tenantId = 'default', nextHop = ''): void {
    this.#domains.set(name, { name, tenantId, kind, nextHop });
  }

  addAccount(
    address: string,
    password: string,
    tenantId = 'default',
    aliases: readonly string[] = [],
  ): void {
    const key = addressKey(address);
    this.#addresses.set(key, { kind: 'account', accountId: key, address });
    for (const alias of aliases) this.addAlias(alias, [address]);
    const sendsAs = [key, ...aliases.map(addressKey)];
    const submitter: Submitter = { kind: 'account', accountId: key, address, tenantId, sendsAs };
    this.#submitters.set(key, { password, submitter });
  }

  addAlias(from: string, targets: readonly string[]): void {
    this.#addresses.set(addressKey(from), { kind: 'alias', targets });
  }

  addCredential(name: string, password: string, tenantId = 'default', bulk = false): void {
    this.#submitters.set(name, {
      password,
      submitter: { kind: 'credential', name, tenantId, bulk },
    });
  }

  addApiKey(key: string, id: string, tenantId = 'default'): void {
    this.#apiKeys.set(key, { id, tenantId });
  }

  async domain(name: string): Promise<DomainEntry | undefined> {
    this.#check();
    return this.#domains.get(name);
  }

  async address(key: string): Promise<AddressEntry> {
    this.#check();
    return this.#addresses.get(key) ?? { kind: 'unknown' };
  }

  async authenticate(user: string, password: string): Promise<Authentication> {
    if (this.unavailable) return { kind: 'unavailable' };
    const found = this.#submitters.get(user) ?? this.#submitters.get(addressKey(user));
    if (!found || found.password !== password) return { kind: 'refused' };
    return { kind: 'ok', submitter: found.submitter };
  }

  async apiKey(
    key: string,
  ): Promise<{ readonly id: string; readonly tenantId: string } | undefined> {
    this.#check();
    return this.#apiKeys.get(key);
  }

  async sendingDomain(tenantId: string, domain: string): Promise<boolean> {
    return (await this.domain(domain))?.tenantId === tenantId;
  }

  #check(): void {
    if (this.unavailable) throw new Error('the database is away');
  }
}
