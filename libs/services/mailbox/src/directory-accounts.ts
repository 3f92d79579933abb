import { addressKey, domainKey, splitAddress } from '@staffetta/core';
import type { Accounts, Authentication, Directory, FoundRecipient } from '@staffetta/core';

/** Who has mailboxes here, by the directory. */
export class DirectoryAccounts implements Accounts {
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  async find(addresses: readonly string[]): Promise<readonly FoundRecipient[]> {
    return Promise.all(addresses.map((address) => this.#find(address)));
  }

  async authenticate(user: string, password: string): Promise<Authentication> {
    return this.#directory.authenticate(user, password);
  }

  async #find(address: string): Promise<FoundRecipient> {
    const parts = splitAddress(address);
    const name = parts ? domainKey(parts.domain) : '';
    const domain = name === '' ? undefined : await this.#directory.domain(name);
    if (!domain) return { kind: 'foreign' };
    const { tenantId, nextHop } = domain;
    if (domain.kind === 'relay') return { kind: 'relay', nextHop, tenantId };
    const entry = await this.#directory.address(addressKey(address));
    return entry.kind === 'unknown' ? entry : { ...entry, tenantId };
  }
}
