import { randomBytes } from 'node:crypto';
import { DEFAULT_TENANT } from '@staffetta/core';
import type { Added, DirectoryAdmin, OperatorRole, Removable, Removed } from '@staffetta/core';
import { invalid, ok } from './outcome.ts';
import type { Change, Outcome } from './outcome.ts';
import { isAddress, isLabel, isName, isPassword, isTenantName } from './syntax.ts';
import { parseDomain, parseNextHop } from './syntax.ts';

/** How long a change is waited for until every live process works with it. */
const IN_FORCE_MAX_MS = 5_000;
const TARGETS_MAX = 1_000;
const KEY_BYTES = 32;

/** What a domain is made of. */
export interface NewDomain {
  readonly name: string;
  readonly kind: 'local' | 'relay';
  /** `HOST[:PORT]`, for relay domains only. */
  readonly nextHop?: string | undefined;
  readonly tenant?: string | undefined;
}

/** What a credential is made of. */
export interface NewCredential {
  readonly name: string;
  readonly tenant?: string | undefined;
  readonly class?: 'bulk' | 'normal' | undefined;
  readonly password: string;
}

/** Changes of the directory as operators make them: input is checked, and a change is in force when it returns. */
export class DirectoryUseCases {
  readonly #directory: DirectoryAdmin;
  readonly #remotePort: number;

  /** `remotePort` is the port of next hops that are given without one. */
  constructor(directory: DirectoryAdmin, remotePort: number) {
    this.#directory = directory;
    this.#remotePort = remotePort;
  }

  async addTenant(by: string, name: string): Promise<Outcome<Change>> {
    if (!isTenantName(name)) {
      return invalid('name', `"${name}" is no tenant name: lower-case letters, digits, . _ -`);
    }
    return this.#added(await this.#directory.addTenant(by, name));
  }

  async addDomain(by: string, domain: NewDomain): Promise<Outcome<Change>> {
    const name = parseDomain(domain.name);
    if (name === undefined) return invalid('name', `"${domain.name}" is no domain name`);
    if (domain.nextHop !== undefined && domain.kind !== 'relay') {
      return invalid('nextHop', 'only a relay domain has a next hop');
    }
    const nextHop =
      domain.nextHop === undefined ? '' : parseNextHop(domain.nextHop, this.#remotePort);
    if (nextHop === undefined) {
      return invalid('nextHop', `"${domain.nextHop}" is not HOST[:PORT]`);
    }
    const tenantId = domain.tenant ?? DEFAULT_TENANT;
    const entry = { name, tenantId, kind: domain.kind, nextHop };
    return this.#added(await this.#directory.addDomain(by, entry));
  }

  async addAccount(by: string, address: string, password: string): Promise<Outcome<Change>> {
    if (!isAddress(address)) return notAnAddress('address', address);
    if (!isPassword(password)) return NO_PASSWORD;
    return this.#added(await this.#directory.addAccount(by, address, password));
  }

  async addAlias(
    by: string,
    address: string,
    targets: readonly string[],
  ): Promise<Outcome<Change>> {
    if (!isAddress(address)) return notAnAddress('address', address);
    if (targets.length === 0 || targets.length > TARGETS_MAX) {
      return invalid('targets', `an alias has 1 to ${TARGETS_MAX} targets`);
    }
    const wrong = targets.find((target) => !isAddress(target));
    if (wrong !== undefined) return notAnAddress('targets', wrong);
    return this.#added(await this.#directory.addAlias(by, address, targets));
  }

  async addCredential(by: string, credential: NewCredential): Promise<Outcome<Change>> {
    const { name, password } = credential;
    if (!isName(name)) return notAName(name);
    if (!isPassword(password)) return NO_PASSWORD;
    const tenantId = credential.tenant ?? DEFAULT_TENANT;
    const entry = { name, tenantId, bulk: credential.class === 'bulk' };
    return this.#added(await this.#directory.addCredential(by, entry, password));
  }

  /** The key is returned once, when it is made: only its hash is kept. */
  async addApiKey(
    by: string,
    name: string,
    tenant: string = DEFAULT_TENANT,
  ): Promise<Outcome<Change & { readonly key?: string }>> {
    if (!isLabel(name)) return invalid('name', `"${name}" is no name for a key`);
    const key = `stf_${randomBytes(KEY_BYTES).toString('base64url')}`;
    const outcome = await this.#added(await this.#directory.addApiKey(by, tenant, name, key));
    if (outcome.kind !== 'ok' || !outcome.value.changed) return outcome;
    return ok({ ...outcome.value, key });
  }

  async addOperator(
    by: string,
    name: string,
    role: OperatorRole,
    password: string,
  ): Promise<Outcome<Change>> {
    if (!isName(name)) return notAName(name);
    if (!isPassword(password)) return NO_PASSWORD;
    return this.#added(await this.#directory.addOperator(by, { name, role }, password));
  }

  async remove(by: string, kind: Removable, name: string): Promise<Outcome<Change>> {
    const key = kind === 'domain' ? (parseDomain(name) ?? name) : name;
    const removed = await this.#directory.remove(by, kind, key);
    return this.#removed(removed, kind, name);
  }

  async #added(added: Added): Promise<Outcome<Change>> {
    if (added.kind === 'conflict') return { kind: 'refused', message: added.what };
    if (added.kind === 'missing') return { kind: 'not-found', message: added.what };
    const inForce = await this.#directory.inForce(added.version, IN_FORCE_MAX_MS);
    return ok({ id: added.id, changed: added.kind === 'added', inForce });
  }

  async #removed(removed: Removed, kind: Removable, name: string): Promise<Outcome<Change>> {
    if (removed.kind === 'conflict') return { kind: 'refused', message: removed.what };
    if (removed.kind === 'missing') {
      return { kind: 'not-found', message: `there is no ${kind} ${name}` };
    }
    const inForce = await this.#directory.inForce(removed.version, IN_FORCE_MAX_MS);
    return ok({ id: name, changed: true, inForce });
  }
}

const NO_PASSWORD = invalid('password', 'a password has 1 to 1,024 characters');

function notAnAddress(field: string, text: string): Outcome<never> {
  return invalid(field, `"${text}" is no mail address`);
}

function notAName(name: string): Outcome<never> {
  return invalid('name', `"${name}" is no name: letters, digits, . _ + -, at most 63`);
}
