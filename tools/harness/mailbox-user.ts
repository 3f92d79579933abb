/** A user who looks into one mailbox by IMAP all the time, at another node whenever a connection ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { waitFor } from './wait.ts';

const LOOK_EVERY_MS = 200;
const SEE_TIMEOUT_MS = 60_000;
const BYE = /^\* BYE\b/;
const ID = /^X-Id: (\S+)/im;

export interface MailboxUserOptions {
  /** Loopback unless told. */
  readonly host?: string;
  /** Ports with TLS from the first octet. */
  readonly ports: readonly number[];
  readonly user: string;
  readonly password: string;
}

export class MailboxUser {
  /** Connections that were ended with BYE, as RFC 9051 has it. */
  byes = 0;
  /** Whatever else went wrong on an open connection. */
  readonly failures: string[] = [];
  /** Each message of the inbox that was seen, by UID: its `X-Id`. */
  readonly #seen = new Map<number, string>();
  readonly #options: MailboxUserOptions;
  readonly #done: Promise<void>;
  #stopping = false;

  constructor(options: MailboxUserOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** Looks until all of these were seen, for a while, and once more. Gives those that are not there just once. */
  async stop(ids: readonly string[]): Promise<readonly string[]> {
    const areSeen = (): boolean => {
      const seen = new Set(this.#seen.values());
      return ids.every((id) => seen.has(id));
    };
    await waitFor('all letters', SEE_TIMEOUT_MS, areSeen).catch(() => undefined);
    this.#stopping = true;
    await this.#done;
    const times = new Map<string, number>();
    for (const id of this.#seen.values()) times.set(id, (times.get(id) ?? 0) + 1);
    return ids.filter((id) => times.get(id) !== 1);
  }

  async #run(): Promise<void> {
    const { ports } = this.#options;
    for (let at = 0; ; at += 1) {
      const isLast = await this.#session(ports[at % ports.length] ?? 0);
      if (isLast) return;
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Until the connection ends; true when the user has done. */
  async #session(port: number): Promise<boolean> {
    const { host = '127.0.0.1', user, password } = this.#options;
    const client = new ImapFlow({
      host,
      port,
      secure: true,
      tls: { rejectUnauthorized: false },
      auth: { user, pass: password },
      logger: false,
      emitLogs: true,
    });
    let isBye = false;
    client.on('log', ({ msg }: { msg?: unknown }) => {
      if (typeof msg === 'string' && BYE.test(msg)) isBye = true;
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.mailboxOpen('INBOX');
      for (;;) {
        const isLast = this.#stopping;
        await this.#look(client);
        if (isLast) break;
        await sleep(LOOK_EVERY_MS);
      }
      await client.logout();
      return true;
    } catch (error) {
      client.close();
      if (isBye) this.byes += 1;
      else if (!isRefused(error)) this.failures.push(String(error));
      return false;
    }
  }

  async #look(client: ImapFlow): Promise<void> {
    await client.noop();
    const next = Math.max(0, ...this.#seen.keys()) + 1;
    for await (const { uid, headers } of client.fetch(
      `${next}:*`,
      { headers: ['X-Id'] },
      { uid: true },
    )) {
      if (uid >= next) this.#seen.set(uid, ID.exec(headers?.toString() ?? '')?.[1] ?? '');
    }
  }
}

/** Nobody listens there: the other node is tried. */
function isRefused(error: unknown): boolean {
  return (error as { code?: string }).code === 'ECONNREFUSED';
}
