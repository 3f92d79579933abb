import type {
  Accounts,
  AddressEntry,
  Authentication,
  Directory,
  DomainEntry,
} from '@staffetta/core';

/** A directory whose passwords are checked elsewhere, while anybody there can be asked. */
export class RemotePasswords implements Directory {
  readonly #own: Directory;
  readonly #accounts: Accounts;
  readonly #canAsk: () => boolean;

  constructor(own: Directory, accounts: Accounts, canAsk: () => boolean) {
    this.#own = own;
    this.#accounts = accounts;
    this.#canAsk = canAsk;
  }

  domain(name: string): Promise<DomainEntry | undefined> {
    return this.#own.domain(name);
  }

  address(key: string): Promise<AddressEntry> {
    return this.#own.address(key);
  }

  apiKey(key: string): ReturnType<Directory['apiKey']> {
    return this.#own.apiKey(key);
  }

  sendingDomain(tenantId: string, domain: string): Promise<boolean> {
    return this.#own.sendingDomain(tenantId, domain);
  }

  async authenticate(user: string, password: string): Promise<Authentication> {
    const answer = this.#canAsk() ? await this.#accounts.authenticate(user, password) : undefined;
    if (answer && answer.kind !== 'unavailable') return answer;
    return this.#own.authenticate(user, password);
  }
}
