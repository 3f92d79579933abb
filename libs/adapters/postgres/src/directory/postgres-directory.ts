import { createHash, createHmac, randomBytes } from 'node:crypto';
import { addressKey } from '@staffetta/core';
import type { AddressEntry, Authentication, Directory, DomainEntry } from '@staffetta/core';
import { isConnectionLoss } from '../database.ts';
import type { Database } from '../database.ts';
import { CachedTable } from './cached-table.ts';
import { withDeadline } from './deadline.ts';
import {
  fetchAccountSubject,
  fetchAddresses,
  fetchApiKeys,
  fetchCredentialSubject,
  fetchDomains,
} from './directory-queries.ts';
import type { ApiKeyOwner, Subject } from './directory-queries.ts';
import { LruCache } from './lru-cache.ts';
import { PasswordsBusy, verifyNothing, verifyPassword } from './password.ts';
import { VersionWatch } from './version-watch.ts';

/** Entries kept of each kind, present and absent ones each. */
const ENTRIES_MAX = 50_000;
const AUTHENTICATIONS_MAX = 10_000;
/** How long a password that was right is not computed again. */
const AUTHENTICATION_TTL_MS = 60_000;
/** Without word of the database for so long, it is asked even for what is kept. */
const CONFIRMED_MAX_MS = 5_000;
/** With the database away, what is kept serves so long after its last word. */
const STALE_MAX_MS = 15 * 60_000;
/** A question that is not answered in this time counts as the database being away. */
const ANSWER_MAX_MS = 4_000;
const USER_LENGTH_MAX = 320;
const PASSWORD_LENGTH_MAX = 1_024;

/** Settings of a directory. */
export interface DirectoryOptions {
  /** Told each time the caches were emptied because the directory has moved to this version. */
  readonly onVersion?: (version: number) => void;
}

/** What is kept of one version of the directory; thrown away as a whole when it moves on. */
class Generation {
  readonly domains: CachedTable<DomainEntry>;
  readonly addresses: CachedTable<AddressEntry>;
  readonly apiKeys: CachedTable<ApiKeyOwner>;
  readonly authentications = new LruCache<{
    readonly answer: Authentication;
    readonly untilMs: number;
  }>(AUTHENTICATIONS_MAX);
  readonly authenticating = new Map<string, Promise<Authentication>>();

  constructor(database: Database) {
    this.domains = new CachedTable(inTime(database, fetchDomains), ENTRIES_MAX);
    this.addresses = new CachedTable(inTime(database, fetchAddresses), ENTRIES_MAX);
    this.apiKeys = new CachedTable(inTime(database, fetchApiKeys), ENTRIES_MAX);
  }
}

/** The directory in PostgreSQL, answered from memory until a change is told. */
export class PostgresDirectory implements Directory {
  readonly #database: Database;
  readonly #watch: VersionWatch;
  readonly #authenticationKey = randomBytes(32);
  #generation: Generation;

  constructor(database: Database, options: DirectoryOptions = {}) {
    this.#database = database;
    this.#generation = new Generation(database);
    this.#watch = new VersionWatch(database, (version) => {
      this.#generation = new Generation(database);
      options.onVersion?.(version);
    });
  }

  /** Begins to follow changes; rejects where the database cannot be asked. */
  async start(): Promise<void> {
    await this.#watch.start();
  }

  async stop(): Promise<void> {
    await this.#watch.stop();
  }

  /** The version whose changes are in force here. */
  version(): number {
    return this.#watch.version;
  }

  async domain(name: string): Promise<DomainEntry | undefined> {
    return this.#look(this.#generation.domains, name);
  }

  async address(key: string): Promise<AddressEntry> {
    return (await this.#look(this.#generation.addresses, key)) ?? { kind: 'unknown' };
  }

  async apiKey(key: string): Promise<ApiKeyOwner | undefined> {
    const hash = createHash('sha256').update(key).digest('hex');
    return this.#look(this.#generation.apiKeys, hash);
  }

  async sendingDomain(tenantId: string, domain: string): Promise<boolean> {
    return (await this.domain(domain))?.tenantId === tenantId;
  }

  async authenticate(user: string, password: string): Promise<Authentication> {
    const tooLong = user.length > USER_LENGTH_MAX || password.length > PASSWORD_LENGTH_MAX;
    if (tooLong || user.includes('\0')) return { kind: 'refused' };
    const generation = this.#generation;
    const key = this.#authenticationId(user, password);
    const kept = generation.authentications.get(key);
    if (kept && kept.untilMs > performance.now()) return kept.answer;
    const running = generation.authenticating.get(key);
    if (running) return running;
    const checking = this.#check(user, password, generation, key);
    generation.authenticating.set(key, checking);
    try {
      return await checking;
    } finally {
      generation.authenticating.delete(key);
    }
  }

  async #look<Value>(table: CachedTable<Value>, key: string): Promise<Value | undefined> {
    // PostgreSQL's text has no NUL.
    if (key.includes('\0')) return undefined;
    const kept = table.cached(key);
    const silentMs = performance.now() - this.#watch.confirmedAtMs;
    if (kept && silentMs < CONFIRMED_MAX_MS) return kept.value;
    try {
      return await table.load(key);
    } catch (error) {
      if (kept && silentMs < STALE_MAX_MS && isConnectionLoss(error)) return kept.value;
      throw error;
    }
  }

  async #check(
    user: string,
    password: string,
    generation: Generation,
    key: string,
  ): Promise<Authentication> {
    try {
      const subject = await withDeadline(this.#subject(user), ANSWER_MAX_MS);
      const right = subject
        ? await verifyPassword(password, subject.passwordHash)
        : await verifyNothing(password);
      if (!subject || !right) return { kind: 'refused' };
      const answer: Authentication = { kind: 'ok', submitter: subject.submitter };
      const untilMs = performance.now() + AUTHENTICATION_TTL_MS;
      generation.authentications.set(key, { answer, untilMs });
      return answer;
    } catch (error) {
      if (error instanceof PasswordsBusy || isConnectionLoss(error)) return { kind: 'unavailable' };
      throw error;
    }
  }

  /** Names of credentials have no @. */
  async #subject(user: string): Promise<Subject | undefined> {
    return user.includes('@')
      ? fetchAccountSubject(this.#database, addressKey(user))
      : fetchCredentialSubject(this.#database, user);
  }

  /** Passwords are not kept: only a code that this process alone can make. */
  #authenticationId(user: string, password: string): string {
    return createHmac('sha256', this.#authenticationKey)
      .update(`${user}\0${password}`)
      .digest('base64');
  }
}

type Fetch<Value> = (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;

function inTime<Value>(
  database: Database,
  fetch: (database: Database, keys: readonly string[]) => ReturnType<Fetch<Value>>,
): Fetch<Value> {
  return (keys) => withDeadline(fetch(database, keys), ANSWER_MAX_MS);
}
