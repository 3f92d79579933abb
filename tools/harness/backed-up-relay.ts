/** A relay whose state can be copied while it runs, lost, and made again from the copy. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  backUpDataFolder,
  restoreDataFolder,
  startEmbeddedPostgres,
} from '@staffetta/embedded-postgres';
import type { EmbeddedPostgres } from '@staffetta/embedded-postgres';
import { Database, OnlineBackup } from '@staffetta/postgres';
import { startTestKafka } from '@staffetta/testing';
import type { LogKind } from './cluster.ts';
import { chosenLog } from './chosen-log.ts';
import type { Point } from './point.ts';
import { processesInFolder } from './processes.ts';
import { Staffetta } from './staffetta.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait.ts';

const GONE_TIMEOUT_MS = 60_000;
const silent = (): void => undefined;
const LOG = { info: silent, warn: silent, error: silent };

export interface Copy {
  readonly takenAtMs: number;
  readonly sizeBytes: number;
}

export interface BackedUpRelay {
  readonly staffetta: Staffetta;
  backUp(folder: string): Promise<Copy>;
  /** As when a machine burns: no process has time to say anything, and the data is gone. */
  lose(): Promise<void>;
  /** From the copy, and started. */
  restore(folder: string): Promise<void>;
}

/** PostgreSQL's unless told: then all there is lies in the backup, and more can be asked of it. */
export function backedUpLog(): LogKind {
  return chosenLog('postgres');
}

/** With the log in PostgreSQL all in one on its data folder; else PostgreSQL beside it, and Kafka, which is not lost. */
export async function startBackedUp(
  point: Point,
  env: Readonly<Record<string, string>>,
): Promise<BackedUpRelay> {
  return backedUpLog() === 'kafka' ? startWithKafka(point, env) : startEmbedded(point, env);
}

async function startEmbedded(
  point: Point,
  env: Readonly<Record<string, string>>,
): Promise<BackedUpRelay> {
  const staffetta = point.atEnd(await Staffetta.prepare({ env }));
  await staffetta.start();
  return {
    staffetta,
    async backUp(folder) {
      return JSON.parse(await staffetta.must(['backup', folder, '--json'])) as Copy;
    },
    async lose() {
      await staffetta.killNode();
      staffetta.killPostgres();
      await waitFor('PostgreSQL is gone', GONE_TIMEOUT_MS, () => {
        return staffetta.postgresPids().length === 0;
      });
      rmSync(staffetta.dataDir, { recursive: true });
    },
    async restore(folder) {
      await staffetta.must(['restore', folder]);
      await staffetta.start();
    },
  };
}

async function startWithKafka(
  point: Point,
  env: Readonly<Record<string, string>>,
): Promise<BackedUpRelay> {
  const kafka = point.atEnd(await startTestKafka(1));
  const dataDir = join(point.atEnd(tempFolder('postgres')).path, 'data');
  let postgres = await startEmbeddedPostgres({ dataDir, log: LOG });
  point.atEnd({ stop: () => postgres.stop() });
  const settings = {
    DATABASE_URL: postgres.url,
    LOG_KIND: 'kafka',
    LOG_KAFKA_BROKERS: kafka.addresses.join(),
    LOG_KAFKA_REPLICATION_FACTOR: '1',
  };
  const staffetta = point.atEnd(await Staffetta.prepare({ env: { ...env, ...settings } }));
  await staffetta.start();
  return {
    staffetta,
    backUp: (folder) => copy(postgres, dataDir, folder),
    async lose() {
      await staffetta.killNode();
      postgres.detach();
      for (const pid of processesInFolder(postgres.dataPath)) process.kill(pid, 'SIGKILL');
      await waitFor('PostgreSQL is gone', GONE_TIMEOUT_MS, () => {
        return processesInFolder(postgres.dataPath).length === 0;
      });
      rmSync(dataDir, { recursive: true });
    },
    async restore(folder) {
      await restoreDataFolder(folder, dataDir);
      postgres = await startEmbeddedPostgres({ dataDir, log: LOG });
      await staffetta.start();
    },
  };
}

/** What `staffetta backup` does where PostgreSQL is its own. */
async function copy(postgres: EmbeddedPostgres, dataDir: string, folder: string): Promise<Copy> {
  const { url } = postgres;
  const database = new Database({ url, connectionsMax: 1, applicationName: 'backup' });
  const backup = await OnlineBackup.open(database);
  try {
    const { end, sizeBytes } = await backUpDataFolder(
      dataDir,
      folder,
      () => backup.begin(),
      () => backup.end(),
    );
    return { takenAtMs: end.takenAtMs, sizeBytes };
  } finally {
    await backup.close();
    await database.close();
  }
}
