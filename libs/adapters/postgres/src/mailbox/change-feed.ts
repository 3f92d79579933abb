import type { MailboxRef } from '@staffetta/core';
import type { Database } from '../database.ts';
import type { ChangedMailbox } from './changed.ts';
import { mailboxNumber } from './mailbox-row.ts';
import { SharedConnection } from './shared-connection.ts';
import type { ConnectionUser } from './shared-connection.ts';

type Client = Awaited<ReturnType<Database['dedicated']>>;

const CHANNEL = 'mailbox_changed';
/** A process tells others of its changes at most this often. */
const NOTIFY_MS = 10;
/** Watched mailboxes are looked at this often, in case nobody told. */
const POLL_MS = 1_000;
/** PostgreSQL takes less than 8,000 octets. */
const PAYLOAD_CHARS_MAX = 7_000;
/** Notices that are sent at once; beyond it the others are told to look. */
const PAYLOADS_MAX = 20;
const LOOK = '*';

interface Watched {
  readonly accountId: string;
  readonly number: number;
  /** The last modseq that was told; -1 while it is not known, `undefined` once the mailbox is gone. */
  modseq: number | undefined;
  readonly listeners: Set<() => void>;
}

/** Tells sessions that a mailbox changed: at once in this process, by notice or by looking in the others. */
export class ChangeFeed implements ConnectionUser {
  readonly #database: Database;
  readonly #watched = new Map<string, Watched>();
  readonly #pending = new Map<string, ChangedMailbox>();
  readonly #onError: (error: unknown) => void;
  #connection: SharedConnection | undefined;
  #notifying: NodeJS.Timeout | undefined;
  #polling: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(database: Database, onError: (error: unknown) => void) {
    this.#database = database;
    this.#onError = onError;
  }

  /** Where notices come from and go to. */
  use(connection: SharedConnection): void {
    this.#connection = connection;
  }

  watch(ref: MailboxRef, onChanged: () => void): () => void {
    const key = keyOf(ref);
    const { accountId } = ref;
    const watched = this.#watched.get(key) ?? {
      ...{ accountId, number: mailboxNumber(ref), modseq: -1, listeners: new Set() },
    };
    this.#watched.set(key, watched);
    // Of its own, so that a listener given twice is called twice and ended alone.
    const listener = (): void => onChanged();
    watched.listeners.add(listener);
    this.#connection?.keep();
    this.#polling ??= setInterval(() => void this.look(), POLL_MS);
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size > 0 || this.#watched.get(key) !== watched) return;
      this.#watched.delete(key);
      if (this.#watched.size > 0) return;
      clearInterval(this.#polling);
      this.#polling = undefined;
    };
  }

  /** A change of this process is visible. */
  changed(changes: readonly ChangedMailbox[]): void {
    for (const change of changes) {
      const key = keyOf(change);
      this.#tell(key, change.modseq);
      this.#pending.set(key, change);
    }
    if (changes.length > 0) this.#notifying ??= setTimeout(() => void this.#notify(), NOTIFY_MS);
  }

  async prepare(client: Client): Promise<void> {
    client.on('notification', ({ processId, payload = '' }) => {
      if (processId !== (client as unknown as { processID: number }).processID) {
        this.#told(payload);
      }
    });
    await client.query(`listen ${CHANNEL}`);
  }

  /** Looking goes on; what is missed until then is found by it. */
  lost(): void {
    void this.look();
  }

  /** Looks at all watched mailboxes, in one statement. */
  look(): Promise<void> {
    this.#looking ??= this.#lookOnce()
      .catch(this.#onError)
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async close(): Promise<void> {
    clearInterval(this.#polling);
    clearTimeout(this.#notifying);
    this.#watched.clear();
    await this.#notify();
    await this.#looking;
  }

  #tell(key: string, modseq: number | undefined): void {
    const watched = this.#watched.get(key);
    if (watched === undefined || watched.modseq === undefined) return;
    // A late notice of what is known; a look that began before a change must not hide it.
    if (modseq !== undefined && modseq <= watched.modseq) return;
    watched.modseq = modseq;
    for (const listener of watched.listeners) queueMicrotask(listener);
  }

  #told(payload: string): void {
    if (payload === LOOK) void this.look();
    for (const line of payload.split('\n')) {
      const [accountId = '', mailboxId = '', modseq = ''] = line.split(' ');
      this.#tell(keyOf({ accountId, mailboxId }), modseq === '' ? undefined : Number(modseq));
    }
  }

  async #notify(): Promise<void> {
    this.#notifying = undefined;
    const payloads = payloadsOf([...this.#pending.values()]);
    this.#pending.clear();
    if (payloads.length === 0) return;
    const sent = payloads.length > PAYLOADS_MAX ? [LOOK] : payloads;
    try {
      const text = 'select pg_notify($1, payload) from unnest($2::text[]) as payload';
      await this.#connection?.query(text, [CHANNEL, sent]);
    } catch {
      // The others find it when they look.
      this.#connection?.keep();
    }
  }

  async #lookOnce(): Promise<void> {
    const asked = [...this.#watched];
    if (asked.length === 0) return;
    const rows = await this.#database.query<{ place: number; modseq: number | null }>(
      `select place, mailbox.modseq
       from unnest($1::text[], $2::int[], $3::bigint[]) with ordinality as watched (account_id, id, modseq, place)
       left join mailbox using (account_id, id)
       where mailbox.modseq is distinct from watched.modseq`,
      [
        asked.map(([, one]) => one.accountId),
        asked.map(([, one]) => one.number),
        asked.map(([, one]) => one.modseq ?? null),
      ],
    );
    for (const { place, modseq } of rows) this.#tell(asked[place - 1]![0], modseq ?? undefined);
  }
}

function keyOf({ accountId, mailboxId }: MailboxRef): string {
  return `${accountId} ${mailboxId}`;
}

function payloadsOf(changes: readonly ChangedMailbox[]): string[] {
  const payloads: string[] = [];
  for (const change of changes) {
    const line = `${keyOf(change)} ${change.modseq ?? ''}`;
    const last = payloads.at(-1);
    if (last !== undefined && last.length + line.length < PAYLOAD_CHARS_MAX) {
      payloads[payloads.length - 1] = `${last}\n${line}`;
    } else payloads.push(line);
  }
  return payloads;
}
