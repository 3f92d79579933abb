import type {
  LocalCopy,
  LocalDeliveryStore,
  LocalSettled,
  LocalSettlement,
  SettledLane,
  StoredRecord,
} from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { TOPIC_NUMBERS } from '../log/partitions.ts';
import { NotWritten } from '../log/record-writer.ts';
import type { SettlementLog } from '../settlement/settlement-log.ts';
import type { ChangedMailbox } from './changed.ts';
import { InboxNumbers } from './inbox-numbers.ts';
import type { PostgresMailStore } from './postgres-mail-store.ts';
import { prepareBlob } from './prepared-blob.ts';
import type { PreparedBlob } from './prepared-blob.ts';
import { mailboxKey, storeCopies } from './store-copies.ts';
import type { Copy } from './store-copies.ts';
import { orUnavailable } from './unavailable.ts';
import { writeBlobs } from './write-blobs.ts';

const TRIES_MAX = 5;

/** What it works with. */
export interface LocalDeliveryStoreOptions {
  readonly database: Database;
  readonly log: SettlementLog;
  /** Whose sessions are told of what arrives. */
  readonly mailStore: PostgresMailStore;
}

/**
 * Final delivery: mail and the log's position in one transaction. What follows is part of it, or appended before it, as
 * the log has it.
 */
export class PostgresLocalDeliveryStore implements LocalDeliveryStore {
  readonly #options: LocalDeliveryStoreOptions;
  readonly #inboxes: InboxNumbers;

  constructor(options: LocalDeliveryStoreOptions) {
    this.#options = options;
    this.#inboxes = new InboxNumbers(options.database);
  }

  settle(settlement: LocalSettlement): Promise<LocalSettled> {
    return orUnavailable(this.#settle(settlement));
  }

  async #settle(settlement: LocalSettlement): Promise<LocalSettled> {
    const { database, log } = this.#options;
    const blobs = blobsOf(settlement.copies);
    let mustAppend = !log.isPartOfTransaction;
    // What is appended stays told: whether all accounts are there must not be known from memory.
    if (mustAppend) for (const id of accountsOf(settlement.copies)) this.#inboxes.forget(id);
    for (let attempt = 1; ; attempt += 1) {
      const inboxes = await this.#inboxes.find(new Set(accountsOf(settlement.copies)));
      const gone = accountsOf(settlement.copies).filter((id) => !inboxes.has(id));
      if (gone.length > 0) return { kind: 'gone', accountIds: [...new Set(gone)] };
      const copies = settlement.copies.map(({ accountId, message }) => ({
        accountId,
        message,
        mailboxNumber: inboxes.get(accountId)!,
        blob: blobs.get(message.body)!,
      }));
      if (mustAppend) await log.append(settlement.records, settlement.events);
      mustAppend = false;
      try {
        const written = await database.transaction((connection) =>
          this.#write(connection, settlement, copies),
        );
        this.#committed(settlement, written);
        return { kind: 'ok' };
      } catch (error) {
        if (error instanceof NotSettled) return error.settled;
        if (attempt === TRIES_MAX) throw error;
        if (error instanceof InboxGone) for (const id of error.accountIds) this.#inboxes.forget(id);
        else if (error instanceof NotWritten) log.forget();
        else throw error;
      }
    }
  }

  async #write(
    connection: Connection,
    settlement: LocalSettlement,
    copies: readonly Copy[],
  ): Promise<{ changed: readonly ChangedMailbox[]; records: readonly StoredRecord[] }> {
    await savePositions(connection, settlement.lanes);
    const changed = copies.length > 0 ? await storeAll(connection, copies) : [];
    const records = await this.#options.log.follow(connection, settlement);
    return { changed, records };
  }

  #committed(
    { lanes }: LocalSettlement,
    { changed, records }: { changed: readonly ChangedMailbox[]; records: readonly StoredRecord[] },
  ): void {
    const { log, mailStore } = this.#options;
    log.committed(records);
    mailStore.changes.changed(changed);
    for (const { lease, position } of lanes) {
      log.trim({ topic: lease.topic, lane: lease.lane, bulk: false }, position);
    }
  }
}

/** Hashed and compressed once for each body, before the transaction begins. */
function blobsOf(copies: readonly LocalCopy[]): ReadonlyMap<Buffer, PreparedBlob> {
  const blobs = new Map<Buffer, PreparedBlob>();
  for (const { message } of copies) {
    if (!blobs.has(message.body)) blobs.set(message.body, prepareBlob(message));
  }
  return blobs;
}

function accountsOf(copies: readonly LocalCopy[]): string[] {
  return copies.map((copy) => copy.accountId);
}

async function storeAll(
  connection: Connection,
  copies: readonly Copy[],
): Promise<readonly ChangedMailbox[]> {
  await writeBlobs(connection, [...new Set(copies.map((copy) => copy.blob))]);
  const taken = await storeCopies(connection, copies);
  const gone = copies.filter((copy) => !taken.has(mailboxKey(copy.accountId, copy.mailboxNumber)));
  if (gone.length > 0) throw new InboxGone(accountsOf(gone));
  return [...taken.values()].map(({ account_id, id, modseq }) => ({
    ...{ accountId: account_id, mailboxId: String(id), modseq },
  }));
}

/** Takes the lanes' rows in order and moves them on, or throws why not. */
async function savePositions(connection: Connection, lanes: readonly SettledLane[]): Promise<void> {
  if (lanes.length === 0) return;
  const result = await connection.query<{ lane: number; position: number }>({
    name: 'local_lanes',
    text: `select lane.lane, lane.position from lane
           join unnest($2::int[], $3::text[], $4::bigint[]) as settled (lane, owner, epoch)
             using (lane, owner, epoch)
           where topic = $1 order by lane for update of lane`,
    values: [
      TOPIC_NUMBERS.local,
      lanes.map(({ lease }) => lease.lane),
      lanes.map(({ lease }) => lease.owner),
      lanes.map(({ lease }) => lease.epoch),
    ],
  });
  const positions = new Map(result.rows.map(({ lane, position }) => [lane, position]));
  const lost = lanes.map(({ lease }) => lease).filter(({ lane }) => !positions.has(lane));
  if (lost.length > 0) throw new NotSettled({ kind: 'lost', leases: lost });
  const moved = lanes.flatMap(({ lease, from }) => {
    const position = positions.get(lease.lane)!;
    return position === from ? [] : [{ lease, position }];
  });
  if (moved.length > 0) throw new NotSettled({ kind: 'moved', lanes: moved });
  await connection.query({
    name: 'local_positions',
    text: `update lane set position = settled.position
           from unnest($2::int[], $3::bigint[]) as settled (lane, position)
           where topic = $1 and lane.lane = settled.lane`,
    values: [
      TOPIC_NUMBERS.local,
      lanes.map(({ lease }) => lease.lane),
      lanes.map(({ position }) => position),
    ],
  });
}

/** Rolls the transaction back, and says why. */
class NotSettled extends Error {
  override readonly name = 'NotSettled';
  readonly settled: LocalSettled;

  constructor(settled: LocalSettled) {
    super(`lanes are ${settled.kind}`);
    this.settled = settled;
  }
}

class InboxGone extends Error {
  override readonly name = 'InboxGone';
  readonly accountIds: readonly string[];

  constructor(accountIds: readonly string[]) {
    super('an INBOX is no longer where it was');
    this.accountIds = accountIds;
  }
}
