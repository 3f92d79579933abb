import type { AddressEntry, DomainEntry, Submitter } from '@staffetta/core';
import type { Database } from '../database.ts';

/** Aliases that one account may send as. */
const SENDS_AS_MAX = 1_000;

/** Somebody who may log in, and what their password is checked against. */
export interface Subject {
  readonly submitter: Submitter;
  readonly passwordHash: string;
}

/** An API key's owner. */
export interface ApiKeyOwner {
  readonly id: string;
  readonly tenantId: string;
}

export async function fetchDomains(
  database: Database,
  names: readonly string[],
): Promise<ReadonlyMap<string, DomainEntry>> {
  const rows = await database.query<{ [Column in keyof DomainEntry]: DomainEntry[Column] }>(
    `select name, tenant_id as "tenantId", kind, next_hop as "nextHop"
     from domain where name = any($1)`,
    [names],
  );
  return new Map(rows.map((row) => [row.name, row]));
}

export async function fetchAddresses(
  database: Database,
  keys: readonly string[],
): Promise<ReadonlyMap<string, AddressEntry>> {
  const rows = await database.query<{
    key: string;
    id: string | null;
    address: string;
    targets: string[] | null;
  }>(
    `select address_key as key, id, address, null as targets from account where address_key = any($1)
     union all
     select address_key, null, address, targets from alias where address_key = any($1)`,
    [keys],
  );
  return new Map(rows.map((row) => [row.key, addressEntry(row)]));
}

function addressEntry(row: {
  id: string | null;
  address: string;
  targets: string[] | null;
}): AddressEntry {
  if (row.id !== null) return { kind: 'account', accountId: row.id, address: row.address };
  return { kind: 'alias', targets: row.targets ?? [] };
}

/** API keys by their SHA-256 in hexadecimal. */
export async function fetchApiKeys(
  database: Database,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, ApiKeyOwner>> {
  const rows = await database.query<{ hash: string; id: string; tenant: string }>(
    `select encode(key_hash, 'hex') as hash, id, tenant_id as tenant
     from api_key where key_hash = any($1::bytea[])`,
    [hashes.map((hash) => Buffer.from(hash, 'hex'))],
  );
  return new Map(rows.map((row) => [row.hash, { id: row.id, tenantId: row.tenant }]));
}

/** The account of an address key, with its address and all aliases that lead to it. */
export async function fetchAccountSubject(
  database: Database,
  key: string,
): Promise<Subject | undefined> {
  const [row] = await database.query<{
    id: string;
    address: string;
    tenant: string;
    hash: string;
    sends_as: string[];
  }>(
    `with recursive mine (key) as (
       select address_key from account where address_key = $1
       union
       select alias.address_key from alias join mine on alias.target_keys @> array[mine.key]
     )
     select id, address, tenant_id as tenant, password_hash as hash,
            array(select key from mine limit ${SENDS_AS_MAX}) as sends_as
     from account where address_key = $1`,
    [key],
  );
  if (!row) return undefined;
  return {
    passwordHash: row.hash,
    submitter: {
      kind: 'account',
      accountId: row.id,
      address: row.address,
      tenantId: row.tenant,
      sendsAs: row.sends_as,
    },
  };
}

export async function fetchCredentialSubject(
  database: Database,
  name: string,
): Promise<Subject | undefined> {
  const [row] = await database.query<{ tenant: string; bulk: boolean; hash: string }>(
    'select tenant_id as tenant, bulk, password_hash as hash from credential where name = $1',
    [name],
  );
  if (!row) return undefined;
  return {
    passwordHash: row.hash,
    submitter: { kind: 'credential', name, tenantId: row.tenant, bulk: row.bulk },
  };
}
