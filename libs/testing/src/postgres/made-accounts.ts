import type { MadeLocalDeliveryStore } from '../contracts/local-delivery-store.ts';

/** A database as far as it is needed here. */
export interface Queried {
  query<Row extends Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}

/** The number of `local` in table `lane`. */
const LOCAL = 3;

/** Accounts of a domain that is made with the first one, and where lanes of `local` are. */
export function madeAccounts(
  database: Queried,
): Pick<MadeLocalDeliveryStore, 'account' | 'removeAccount' | 'positionOf'> {
  let accounts = 0;
  return {
    account: async () => {
      await database.query(
        `insert into domain (name, tenant_id, kind) values ('x.example', 'default', 'local')
         on conflict do nothing`,
      );
      const rows = await database.query<{ id: string }>(
        `insert into account (tenant_id, domain, address, address_key, password_hash)
         values ('default', 'x.example', $1, $1, '') returning id::text as id`,
        [`user${++accounts}@x.example`],
      );
      return rows[0]!.id;
    },
    removeAccount: async (accountId) => {
      await database.query('delete from account where id::text = $1', [accountId]);
      await database.query('delete from mailbox where account_id = $1', [accountId]);
    },
    positionOf: async (lane) => {
      const rows = await database.query<{ position: number }>(
        'select position from lane where topic = $1 and lane = $2',
        [LOCAL, lane],
      );
      return rows[0]!.position;
    },
  };
}
