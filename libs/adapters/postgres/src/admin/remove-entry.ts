import { addressKey } from '@staffetta/core';
import type { Removable, Removed } from '@staffetta/core';
import type { DirectoryChange } from './directory-change.ts';

const STATEMENTS: Readonly<Record<Removable, string>> = {
  domain: 'delete from domain where name = $1',
  alias: 'delete from alias where address_key = $1',
  credential: 'delete from credential where name = $1',
  apikey: 'delete from api_key where id::text = $1',
  operator: 'delete from operator where name = $1',
};

/** Removes an entry by name, address or id; a domain only while nothing lives in it. */
export async function removeEntry(
  change: DirectoryChange,
  by: string,
  kind: Removable,
  name: string,
): Promise<Removed> {
  if (kind === 'domain' && (await isInhabited(change, name))) {
    return { kind: 'conflict', what: `domain ${name} has accounts or aliases` };
  }
  const key = kind === 'alias' ? addressKey(name) : name;
  const removed = await change.connection.query(STATEMENTS[kind], [key]);
  if (!removed.rowCount) return { kind: 'missing' };
  const version = await change.commitAs({ by, action: `${kind}.remove`, object: name });
  return { kind: 'removed', version };
}

async function isInhabited(change: DirectoryChange, domain: string): Promise<boolean> {
  const found = await change.connection.query(
    `select 1 where exists (select 1 from account where domain = $1)
                 or exists (select 1 from alias where domain = $1)`,
    [domain],
  );
  return found.rows.length > 0;
}
