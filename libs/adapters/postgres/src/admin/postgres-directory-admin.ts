import { addressKey } from '@staffetta/core';
import type {
  AccountEntry,
  Added,
  AliasEntry,
  ApiKeyEntry,
  CredentialEntry,
  DirectoryAdmin,
  DomainEntry,
  OperatorEntry,
  Page,
  Removable,
  Removed,
} from '@staffetta/core';
import type { QueryResultRow } from 'pg';
import type { Database } from '../database.ts';
import { hashPassword } from '../directory/password.ts';
import {
  addAccount,
  addAlias,
  addApiKey,
  addCredential,
  addDomain,
  addOperator,
  addTenant,
} from './add-entries.ts';
import { changeDirectory } from './directory-change.ts';
import { removeEntry } from './remove-entry.ts';

/** Largest page of a list. */
const PAGE_MAX = 1_000;
/** How often the instances are looked at while a change is to come into force. */
const IN_FORCE_POLL_MS = 20;
/** A process that was not heard of for so long is not waited for. */
const HEARTBEAT_MAX = '5 seconds';

/** Changes of the directory in PostgreSQL, each a transaction with its audit line and a new version. */
export class PostgresDirectoryAdmin implements DirectoryAdmin {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async addTenant(by: string, id: string): Promise<Added> {
    return changeDirectory(this.#database, (change) => addTenant(change, by, id));
  }

  async addDomain(by: string, domain: DomainEntry): Promise<Added> {
    return changeDirectory(this.#database, (change) => addDomain(change, by, domain));
  }

  async addAccount(by: string, address: string, password: string): Promise<Added> {
    const secret = { password, hash: await hashPassword(password) };
    return changeDirectory(this.#database, (change) => addAccount(change, by, address, secret));
  }

  async addAlias(by: string, address: string, targets: readonly string[]): Promise<Added> {
    return changeDirectory(this.#database, (change) => addAlias(change, by, address, targets));
  }

  async addCredential(by: string, credential: CredentialEntry, password: string): Promise<Added> {
    const secret = { password, hash: await hashPassword(password) };
    return changeDirectory(this.#database, (change) =>
      addCredential(change, by, credential, secret),
    );
  }

  async addApiKey(by: string, tenantId: string, name: string, key: string): Promise<Added> {
    return changeDirectory(this.#database, (change) => addApiKey(change, by, tenantId, name, key));
  }

  async addOperator(by: string, operator: OperatorEntry, password: string): Promise<Added> {
    const secret = { password, hash: await hashPassword(password) };
    return changeDirectory(this.#database, (change) => addOperator(change, by, operator, secret));
  }

  async remove(by: string, kind: Removable, name: string): Promise<Removed> {
    return changeDirectory(this.#database, (change) => removeEntry(change, by, kind, name));
  }

  async tenants(page: Page): Promise<readonly { readonly id: string }[]> {
    return this.#list('select id from tenant where id > $1 order by id limit $2', page);
  }

  async domains(page: Page): Promise<readonly DomainEntry[]> {
    return this.#list(
      `select name, tenant_id as "tenantId", kind, next_hop as "nextHop"
       from domain where name > $1 order by name limit $2`,
      page,
    );
  }

  async accounts(page: Page): Promise<readonly AccountEntry[]> {
    return this.#list(
      `select id, address, tenant_id as "tenantId", created_at as "createdAtMs"
       from account where address_key > $1 order by address_key limit $2`,
      byKey(page),
    );
  }

  async aliases(page: Page): Promise<readonly AliasEntry[]> {
    return this.#list(
      `select address, tenant_id as "tenantId", targets
       from alias where address_key > $1 order by address_key limit $2`,
      byKey(page),
    );
  }

  async credentials(page: Page): Promise<readonly CredentialEntry[]> {
    return this.#list(
      `select name, tenant_id as "tenantId", bulk
       from credential where name > $1 order by name limit $2`,
      page,
    );
  }

  async apiKeys(page: Page): Promise<readonly ApiKeyEntry[]> {
    return this.#list(
      `select id, name, tenant_id as "tenantId", created_at as "createdAtMs"
       from api_key where id::text > $1 order by id::text limit $2`,
      page,
    );
  }

  async operators(page: Page): Promise<readonly OperatorEntry[]> {
    return this.#list(
      'select name, role from operator where name > $1 order by name limit $2',
      page,
    );
  }

  async inForce(version: number, timeoutMs: number): Promise<boolean> {
    const untilMs = performance.now() + timeoutMs;
    for (;;) {
      const behind = await this.#database.query(
        `select 1 from instance
         where directory_version < $1 and heartbeat_at > now() - interval '${HEARTBEAT_MAX}' limit 1`,
        [version],
      );
      if (behind.length === 0) return true;
      if (performance.now() >= untilMs) return false;
      await new Promise((resolve) => setTimeout(resolve, IN_FORCE_POLL_MS));
    }
  }

  async #list<Row extends QueryResultRow>(sql: string, page: Page): Promise<readonly Row[]> {
    return this.#database.query<Row>(sql, [page.after, Math.min(page.limit, PAGE_MAX)]);
  }
}

function byKey({ after, limit }: Page): Page {
  return { after: after === '' ? '' : addressKey(after), limit };
}
