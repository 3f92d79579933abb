import { after, before } from 'node:test';
import { startTestDatabase } from '@staffetta/testing';
import type { FaultyProxy, TestDatabase } from '@staffetta/testing';
import { Database } from '../database.ts';
import { ACCEPTED_LANES, LOCAL_LANES } from '../log/partitions.ts';
import { PostgresLog } from '../log/postgres-log.ts';
import type { SliceLimits } from '../log/slices.ts';
import { migrate } from '../migrate.ts';

/** Lanes of `outbound` of the logs made here. */
export const OUTBOUND_LANES = 4;
const CONNECTIONS_MAX = 6;

/** Every slice is old as soon as something is in it. */
export const EAGER_SLICES: SliceLimits = { bytesMax: 1024 * 1024 * 1024, ageMaxMs: 0 };

/** A migrated database with a prepared log, for one test. */
export interface TestLogDatabase {
  readonly database: Database;
  readonly url: string;
  /** Another process: a pool and a log of its own; through a way that was made where one is given. */
  connect(through?: FaultyProxy): { readonly database: Database; readonly log: PostgresLog };
  /** A way to the server that can be cut. */
  proxy(): Promise<FaultyProxy>;
  /** Closes all that was connected here; the database is dropped by the end of the file. */
  stop(): Promise<void>;
}

/** To be called at the top of a test file: databases copied from one that is migrated once. */
export function testLogDatabases(): () => Promise<TestLogDatabase> {
  let template: TestDatabase;
  before(async () => {
    template = await startTestDatabase();
    const { database, log } = open(template.url);
    await migrate(database);
    await log.prepare(OUTBOUND_LANES, ACCEPTED_LANES, LOCAL_LANES);
    await database.close();
  });
  const dropped: Promise<void>[] = [];
  after(async () => {
    await Promise.all(dropped);
    await template.drop();
  });
  // To drop one takes a checkpoint: the next test need not wait for it.
  const drop = (copy: TestDatabase): number => dropped.push(copy.drop());
  return async () => new Copy(await startTestDatabase(template), drop);
}

/** The same for tests that begin with a database of their own and end with it. */
export function testOnLogDatabase(): (
  body: (made: TestLogDatabase) => Promise<void>,
) => Promise<void> {
  const makeDatabase = testLogDatabases();
  return async (body) => {
    const made = await makeDatabase();
    try {
      await body(made);
    } finally {
      await made.stop();
    }
  };
}

function open(url: string): { readonly database: Database; readonly log: PostgresLog } {
  const database = new Database({
    url,
    connectionsMax: CONNECTIONS_MAX,
    applicationName: 'test',
    onError: () => undefined,
  });
  const sliceLimits = EAGER_SLICES;
  return {
    database,
    log: new PostgresLog({ database, outboundLanes: OUTBOUND_LANES, sliceLimits }),
  };
}

class Copy implements TestLogDatabase {
  readonly database: Database;
  readonly #copy: TestDatabase;
  readonly #drop: (copy: TestDatabase) => void;
  readonly #opened: { readonly database: Database; readonly log: PostgresLog }[] = [];
  /** The address by each way. */
  readonly #ways = new Map<FaultyProxy, string>();

  constructor(copy: TestDatabase, drop: (copy: TestDatabase) => void) {
    this.#copy = copy;
    this.#drop = drop;
    this.database = this.connect().database;
  }

  get url(): string {
    return this.#copy.url;
  }

  connect(through?: FaultyProxy): { readonly database: Database; readonly log: PostgresLog } {
    const opened = open(through ? this.#ways.get(through)! : this.url);
    this.#opened.push(opened);
    return opened;
  }

  async proxy(): Promise<FaultyProxy> {
    const { proxy, url } = await this.#copy.faulty();
    this.#ways.set(proxy, url);
    return proxy;
  }

  async stop(): Promise<void> {
    for (const { database, log } of this.#opened) {
      await log.watchers.close();
      await log.idle().catch(() => undefined);
      await database.close();
    }
    for (const proxy of this.#ways.keys()) await proxy.close();
    this.#drop(this.#copy);
  }
}
