import type { Directory } from '@staffetta/core';
import { Refusal } from './api-error.ts';
import { domainOf } from './mail-address.ts';

/** The directory could not say who may send; nothing was accepted. */
export class DirectoryUnavailable extends Error {
  override readonly name = 'DirectoryUnavailable';
}

/** Which domains a tenant may send from, asked once for each domain of a request. */
export class SendingDomains {
  readonly #directory: Directory;
  readonly #tenantId: string;
  readonly #known = new Map<string, boolean>();

  constructor(directory: Directory, tenantId: string) {
    this.#directory = directory;
    this.#tenantId = tenantId;
  }

  /** Throws a Refusal where the address's domain is not the tenant's, or a DirectoryUnavailable. */
  async check(address: string): Promise<void> {
    const domain = domainOf(address);
    const known = this.#known.get(domain);
    const allowed = known ?? (await this.#ask(domain));
    if (!allowed) throw new Refusal('7001', 'Unconfigured or unverified sending domain.');
  }

  async #ask(domain: string): Promise<boolean> {
    try {
      const allowed = await this.#directory.sendingDomain(this.#tenantId, domain);
      this.#known.set(domain, allowed);
      return allowed;
    } catch (error) {
      throw new DirectoryUnavailable('the directory cannot be asked', { cause: error });
    }
  }

  /** Whether the address's domain was found to be the tenant's already. */
  isKnown(address: string): boolean {
    return this.#known.get(domainOf(address)) === true;
  }
}
