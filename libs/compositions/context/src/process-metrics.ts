import { X509Certificate } from 'node:crypto';
import type { Metrics } from '@staffetta/platform';
import type { Database } from '@staffetta/postgres';
import type { StorageWatch } from './storage-watch.ts';

/** What the figures of a process are read from, each time somebody asks. */
export interface ProcessParts {
  readonly database: Pick<Database, 'usage'>;
  /** `database.connectionsMax`. */
  readonly connectionsMax: number;
  readonly storage: Pick<StorageWatch, 'freeBytes' | 'full'>;
  /** Certificates in PEM, by what they are for; undefined where there is none. */
  readonly certificates: Readonly<Record<string, () => string | Buffer | undefined>>;
}

/** The figures that every process has: its pool of connections to PostgreSQL, its disk, its certificates. */
export function processMetrics(metrics: Metrics, parts: ProcessParts): void {
  databaseMetrics(metrics, parts);
  storageMetrics(metrics, parts);
  metrics.gauge({
    name: 'staffetta_certificate_expiry_timestamp_seconds',
    help: 'When a certificate in use ends, in seconds since 1970: of mail, or of gRPC.',
    labels: ['use'],
    collect(gauge) {
      for (const [use, read] of Object.entries(parts.certificates)) {
        const pem = read();
        if (pem !== undefined) gauge.set({ use }, expiryMs(pem) / 1_000);
      }
    },
  });
}

function databaseMetrics(metrics: Metrics, { database, connectionsMax }: ProcessParts): void {
  metrics.gauge({
    name: 'staffetta_database_connections',
    help: 'Connections to PostgreSQL of this process: busy or idle.',
    labels: ['state'],
    collect(gauge) {
      const { busy, idle } = database.usage();
      gauge.set({ state: 'busy' }, busy);
      gauge.set({ state: 'idle' }, idle);
    },
  });
  metrics.gauge({
    name: 'staffetta_database_connections_max',
    help: 'database.connectionsMax.',
    collect: (gauge) => gauge.set(connectionsMax),
  });
  metrics.gauge({
    name: 'staffetta_database_waiting_statements',
    help: 'Statements and transactions that wait for a connection to PostgreSQL.',
    collect: (gauge) => gauge.set(database.usage().waiting),
  });
}

function storageMetrics(metrics: Metrics, { storage }: ProcessParts): void {
  metrics.gauge({
    name: 'staffetta_storage_free_bytes',
    help: 'Free octets on the fullest disk that mail is written to.',
    collect: (gauge) => gauge.set(storage.freeBytes),
  });
  metrics.gauge({
    name: 'staffetta_storage_full',
    help: '1 while the disk is below its marks and every listener answers 452, else 0.',
    collect: (gauge) => gauge.set(storage.full ? 1 : 0),
  });
}

function expiryMs(pem: string | Buffer): number {
  return new X509Certificate(pem).validToDate.getTime();
}
