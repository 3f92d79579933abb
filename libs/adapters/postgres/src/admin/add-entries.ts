import { createHash } from 'node:crypto';
import { addressKey, domainKey, splitAddress } from '@staffetta/core';
import type { Added, CredentialEntry, DomainEntry, OperatorEntry } from '@staffetta/core';
import { verifyPassword } from '../directory/password.ts';
import type { DirectoryChange } from './directory-change.ts';

/** A row to insert if none is there, and how one that is there compares. */
interface Addition<Row> {
  readonly by: string;
  readonly action: string;
  readonly object: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** Selects the row that is there. */
  readonly find: readonly [sql: string, values: readonly unknown[]];
  readonly same: (row: Row) => boolean | Promise<boolean>;
  readonly insert: readonly [sql: string, values: readonly unknown[]];
}

async function addRow<Row extends { id: string }>(
  change: DirectoryChange,
  addition: Addition<Row>,
): Promise<Added> {
  const found = await change.connection.query<Row>(addition.find[0], [...addition.find[1]]);
  const row = found.rows[0];
  if (row) {
    if (await addition.same(row)) return { kind: 'unchanged', id: row.id, version: change.version };
    return { kind: 'conflict', what: `${addition.object} exists with other settings` };
  }
  const made = await change.connection.query<{ id: string }>(addition.insert[0], [
    ...addition.insert[1],
  ]);
  const version = await change.commitAs(addition);
  return { kind: 'added', id: made.rows[0]?.id ?? '', version };
}

export async function addTenant(change: DirectoryChange, by: string, id: string): Promise<Added> {
  return addRow(change, {
    by,
    action: 'tenant.add',
    object: id,
    detail: {},
    find: ['select id from tenant where id = $1', [id]],
    same: () => true,
    insert: ['insert into tenant (id) values ($1) returning id', [id]],
  });
}

export async function addDomain(
  change: DirectoryChange,
  by: string,
  domain: DomainEntry,
): Promise<Added> {
  if (!(await tenantExists(change, domain.tenantId))) return noTenant(domain.tenantId);
  return addRow<DomainEntry & { id: string }>(change, {
    by,
    action: 'domain.add',
    object: domain.name,
    detail: { ...domain },
    find: [
      `select name as id, tenant_id as "tenantId", kind, next_hop as "nextHop"
       from domain where name = $1`,
      [domain.name],
    ],
    same: (row) =>
      row.tenantId === domain.tenantId &&
      row.kind === domain.kind &&
      row.nextHop === domain.nextHop,
    insert: [
      `insert into domain (name, tenant_id, kind, next_hop) values ($1, $2, $3, $4)
       returning name as id`,
      [domain.name, domain.tenantId, domain.kind, domain.nextHop],
    ],
  });
}

export async function addAccount(
  change: DirectoryChange,
  by: string,
  address: string,
  secret: { readonly password: string; readonly hash: string },
): Promise<Added> {
  const home = await localDomain(change, address);
  if (home.kind !== 'local') return home;
  const key = addressKey(address);
  if (await exists(change, 'select 1 from alias where address_key = $1', [key])) {
    return { kind: 'conflict', what: `${address} is an alias` };
  }
  return addRow<{ id: string; hash: string }>(change, {
    by,
    action: 'account.add',
    object: address,
    detail: { tenantId: home.tenantId },
    find: ['select id, password_hash as hash from account where address_key = $1', [key]],
    same: (row) => verifyPassword(secret.password, row.hash),
    insert: [
      `insert into account (tenant_id, domain, address, address_key, password_hash)
       values ($1, $2, $3, $4, $5) returning id`,
      [home.tenantId, home.domain, address, key, secret.hash],
    ],
  });
}

export async function addAlias(
  change: DirectoryChange,
  by: string,
  address: string,
  targets: readonly string[],
): Promise<Added> {
  const home = await localDomain(change, address);
  if (home.kind !== 'local') return home;
  for (const target of targets) {
    const domain = domainOf(target);
    if (!(await exists(change, 'select 1 from domain where name = $1', [domain]))) {
      return { kind: 'missing', what: `domain ${domain} is not ours (forwards are not supported)` };
    }
  }
  const key = addressKey(address);
  if (await exists(change, 'select 1 from account where address_key = $1', [key])) {
    return { kind: 'conflict', what: `${address} is an account` };
  }
  const targetKeys = targets.map(addressKey);
  return addRow<{ id: string; targetKeys: string[] }>(change, {
    by,
    action: 'alias.add',
    object: address,
    detail: { targets },
    find: [
      `select address_key as id, target_keys as "targetKeys" from alias where address_key = $1`,
      [key],
    ],
    same: (row) => [...row.targetKeys].sort().join('\n') === [...targetKeys].sort().join('\n'),
    insert: [
      `insert into alias (address_key, tenant_id, domain, address, targets, target_keys)
       values ($1, $2, $3, $4, $5, $6) returning address_key as id`,
      [key, home.tenantId, home.domain, address, targets, targetKeys],
    ],
  });
}

export async function addCredential(
  change: DirectoryChange,
  by: string,
  credential: CredentialEntry,
  secret: { readonly password: string; readonly hash: string },
): Promise<Added> {
  if (!(await tenantExists(change, credential.tenantId))) return noTenant(credential.tenantId);
  return addRow<{ id: string; tenantId: string; bulk: boolean; hash: string }>(change, {
    by,
    action: 'credential.add',
    object: credential.name,
    detail: { tenantId: credential.tenantId, bulk: credential.bulk },
    find: [
      `select name as id, tenant_id as "tenantId", bulk, password_hash as hash
       from credential where name = $1`,
      [credential.name],
    ],
    same: (row) =>
      row.tenantId === credential.tenantId &&
      row.bulk === credential.bulk &&
      verifyPassword(secret.password, row.hash),
    insert: [
      `insert into credential (name, tenant_id, bulk, password_hash) values ($1, $2, $3, $4)
       returning name as id`,
      [credential.name, credential.tenantId, credential.bulk, secret.hash],
    ],
  });
}

export async function addApiKey(
  change: DirectoryChange,
  by: string,
  tenantId: string,
  name: string,
  key: string,
): Promise<Added> {
  if (!(await tenantExists(change, tenantId))) return noTenant(tenantId);
  return addRow(change, {
    by,
    action: 'apikey.add',
    object: name,
    detail: { tenantId },
    find: ['select id from api_key where tenant_id = $1 and name = $2', [tenantId, name]],
    same: () => true,
    insert: [
      'insert into api_key (tenant_id, name, key_hash) values ($1, $2, $3) returning id',
      [tenantId, name, createHash('sha256').update(key).digest()],
    ],
  });
}

export async function addOperator(
  change: DirectoryChange,
  by: string,
  operator: OperatorEntry,
  secret: { readonly password: string; readonly hash: string },
): Promise<Added> {
  return addRow<{ id: string; role: string; hash: string }>(change, {
    by,
    action: 'operator.add',
    object: operator.name,
    detail: { role: operator.role },
    find: [
      'select name as id, role, password_hash as hash from operator where name = $1',
      [operator.name],
    ],
    same: (row) => row.role === operator.role && verifyPassword(secret.password, row.hash),
    insert: [
      `insert into operator (name, role, password_hash) values ($1, $2, $3)
       returning name as id`,
      [operator.name, operator.role, secret.hash],
    ],
  });
}

type Home =
  | { readonly kind: 'local'; readonly domain: string; readonly tenantId: string }
  | { readonly kind: 'missing'; readonly what: string }
  | { readonly kind: 'conflict'; readonly what: string };

async function localDomain(change: DirectoryChange, address: string): Promise<Home> {
  const domain = domainOf(address);
  const found = await change.connection.query<{ kind: string; tenantId: string }>(
    'select kind, tenant_id as "tenantId" from domain where name = $1',
    [domain],
  );
  const row = found.rows[0];
  if (!row) return { kind: 'missing', what: `domain ${domain} does not exist` };
  if (row.kind !== 'local') return { kind: 'conflict', what: `domain ${domain} is not local` };
  return { kind: 'local', domain, tenantId: row.tenantId };
}

function domainOf(address: string): string {
  return domainKey(splitAddress(address)?.domain ?? '');
}

async function tenantExists(change: DirectoryChange, id: string): Promise<boolean> {
  return exists(change, 'select 1 from tenant where id = $1', [id]);
}

function noTenant(id: string): Added {
  return { kind: 'missing', what: `tenant ${id} does not exist` };
}

async function exists(
  change: DirectoryChange,
  sql: string,
  values: readonly unknown[],
): Promise<boolean> {
  return (await change.connection.query(sql, [...values])).rows.length > 0;
}
