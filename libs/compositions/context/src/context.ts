import { mkdir, realpath } from 'node:fs/promises';
import { hostname as machineName, networkInterfaces } from 'node:os';
import { MailCertificate } from '@staffetta/certificates';
import type { Certificate } from '@staffetta/certificates';
import { newMessageId, noTracer, systemClock } from '@staffetta/core';
import type { InstanceReport, Ledger, Log, MxResolver, PartHealth, Tracer } from '@staffetta/core';
import { DnsClient } from '@staffetta/dns-client';
import { startEmbeddedPostgres } from '@staffetta/embedded-postgres';
import type { EmbeddedPostgres } from '@staffetta/embedded-postgres';
import { TlsFiles } from '@staffetta/grpc';
import type { GrpcOffer } from '@staffetta/grpc';
import type { Config, Logger, Metrics, Service, ServiceName } from '@staffetta/platform';
import {
  DataFolderInUse,
  Database,
  InstanceRegistry,
  PostgresDirectory,
  PostgresLanes,
  PostgresTrace,
  migrate,
} from '@staffetta/postgres';
import type { GrpcAddress } from '@staffetta/postgres';
import { DnsMxResolver } from '@staffetta/service-resolver';
import { chooseLog } from './choose-log.ts';
import type { ChosenLog } from './chosen-log.ts';
import type { Choice, LocalAnswers } from './choice.ts';
import { chooseResolver } from './choose-resolver.ts';
import type { ChosenResolver } from './choose-resolver.ts';
import { grpcMetrics } from './grpc-metrics.ts';
import { openTraces } from './open-traces.ts';
import type { OpenTraces } from './open-traces.ts';
import { processMetrics } from './process-metrics.ts';
import { lookForRestore } from './look-for-restore.ts';
import type { Surroundings } from './service-channel.ts';
import { StorageWatch } from './storage-watch.ts';
import { wrongValue } from './wrong-value.ts';

const HEARTBEAT_MS = 1_000;
/** A database that is configured may come up after us; it is waited for this long, in milliseconds. */
const DATABASE_WAIT_MS = 30_000;
const DATABASE_RETRY_MS = 500;

/** What every service of a process is made from. */
export interface ContextOptions {
  readonly config: Config;
  readonly services: readonly ServiceName[];
  readonly version: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Whether all services of this process are ready, as /readyz says it. */
  readonly isReady: () => boolean;
  /** Begins to drain this process. */
  readonly requestStop: () => void;
}

/** What is there once the context has started. */
interface Parts {
  readonly embedded: EmbeddedPostgres | undefined;
  readonly database: Database;
  readonly registry: InstanceRegistry;
  readonly log: Log;
  readonly chosenLog: ChosenLog;
  readonly directory: PostgresDirectory;
  readonly certificate: MailCertificate;
  readonly dns: DnsClient;
  readonly chosen: ChosenResolver;
  readonly resolver: MxResolver;
  /** Of what goes between services. */
  readonly grpcTls: TlsFiles | undefined;
  readonly storage: StorageWatch;
  /** Undefined where they are off. */
  readonly traces: OpenTraces | undefined;
  /** When the database was found restored; mail accepted before may have been delivered before. */
  readonly restoredAtMs: number | undefined;
}

/** What a service tells the dashboard with each heartbeat. */
export type Reporter = () => InstanceReport;

/** The shared foundation of a process: database, log, leases, directory, certificate, resolver, its row of `instance`. */
export class Context implements Service {
  readonly name = 'database';
  /** This process, new with each start: the owner of its leases. */
  readonly id = newMessageId();
  readonly options: ContextOptions;
  readonly #reporters: Reporter[] = [];
  readonly #offers: GrpcOffer[] = [];
  readonly #choices: Choice[] = [];
  readonly #certificateListeners: ((certificate: Certificate) => void)[] = [];
  /** What services of this process answer others in it; set before those that ask start. */
  readonly local: LocalAnswers = {};
  #grpc: GrpcAddress | undefined;
  #parts: Parts | undefined;
  #beat: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  /** Another process has the data folder, and the embedded PostgreSQL with it. */
  #superseded = false;

  constructor(options: ContextOptions) {
    this.options = options;
  }

  get config(): Config {
    return this.options.config;
  }

  get logger(): Logger {
    return this.options.logger;
  }

  get metrics(): Metrics {
    return this.options.metrics;
  }

  /** The parts; throws before the start. */
  get parts(): Parts {
    if (!this.#parts) throw new Error('the context has not started');
    return this.#parts;
  }

  get lanes(): PostgresLanes {
    return new PostgresLanes(this.parts.database);
  }

  get tracer(): Tracer {
    return this.parts.traces ?? noTracer;
  }

  get ledger(): Ledger {
    return this.parts.chosenLog.ledger;
  }

  get trace(): PostgresTrace {
    return new PostgresTrace(this.parts.database);
  }

  /** The name in EHLO, banners and Received: as configured, or an address literal (RFC 5321 §4.1.3). */
  get hostname(): string {
    return this.config.hostname ?? `[${ownAddresses()[0] ?? '127.0.0.1'}]`;
  }

  /** Our addresses that are not loopback, by which we know ourselves among MX hosts. */
  get ownAddresses(): ReadonlySet<string> {
    return new Set(ownAddresses());
  }

  /** True, or the answer of every door while the disk is too full. */
  acceptsMail = (): true | { code: number; enhanced: string; text: string } =>
    this.parts.storage.full
      ? { code: 452, enhanced: '4.3.1', text: 'Insufficient system storage' }
      : true;

  /** Adds to what the dashboard is told of this process. */
  addReporter(reporter: Reporter): void {
    this.#reporters.push(reporter);
  }

  /** Told of each certificate of the mail doors after the first. */
  onCertificate(listener: (certificate: Certificate) => void): void {
    this.#certificateListeners.push(listener);
  }

  /** Exposes a service by gRPC, where this process has a port for it. */
  offer(offer: GrpcOffer): void {
    this.#offers.push(offer);
  }

  get offers(): readonly GrpcOffer[] {
    return this.#offers;
  }

  /** With what services in other processes are asked. */
  get surroundings(): Surroundings {
    const { config, metrics } = this;
    const { database, grpcTls } = this.parts;
    return { config, database, tls: grpcTls?.source, observer: grpcMetrics(metrics, 'client') };
  }

  /** Keeps a choice up to date until the end; resolves when it has looked for the first time. */
  async addChoice(choice: Choice): Promise<void> {
    this.#choices.push(choice);
    await choice.look();
  }

  /** Tells the other processes where this one answers gRPC, or that it does not any more. */
  announceGrpc(address: GrpcAddress | undefined): void {
    this.#grpc = address;
    void this.#heartbeat();
  }

  ready(): boolean | string {
    return this.#parts ? true : 'migrations';
  }

  async start(): Promise<void> {
    const { config, logger } = this.options;
    refuseWhatIsNotThere(config);
    await mkdir(config.dataDir, { recursive: true, mode: 0o755 });
    const embedded = config.database.url
      ? undefined
      : await startEmbeddedPostgres({ dataDir: config.dataDir, log: logger });
    try {
      await this.#open(embedded);
    } catch (error) {
      // One that runs for another process is left to it.
      if (embedded?.takenOver) embedded.detach();
      else await embedded?.stop();
      throw error;
    }
    await this.#heartbeat();
    this.#beat = setInterval(() => void this.#heartbeat(), HEARTBEAT_MS);
  }

  async drain(): Promise<void> {}

  async stop(): Promise<void> {
    const { embedded, database, registry, chosenLog, directory } = this.parts;
    const { dns, chosen, storage, traces } = this.parts;
    clearInterval(this.#beat);
    await this.#beating;
    storage.stop();
    for (const choice of this.#choices.splice(0)) choice.close();
    chosen.close();
    dns.close();
    await directory.stop();
    await chosenLog
      .close()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'log at the end'));
    await traces?.stop();
    await registry.unregister();
    await database.close();
    if (this.#superseded) embedded?.detach();
    else await embedded?.stop();
  }

  async #open(embedded: EmbeddedPostgres | undefined): Promise<void> {
    const { config, services, version, logger } = this.options;
    const database = new Database({
      url: embedded?.url ?? config.database.url ?? '',
      connectionsMax: config.database.connectionsMax,
      applicationName: `staffetta ${services.join(' ')}`,
      onError: (error) => logger.warn({ err: error }, 'a connection to the database broke'),
    });
    const registry = new InstanceRegistry(database, {
      id: this.id,
      dataFolder: await folderName(config),
      services,
      host: machineName(),
      version,
      telemetryPort: config.telemetry.port,
    });
    try {
      await retry(() => registry.claim());
      const ran = await migrate(database);
      if (ran.length > 0)
        logger.info({ migrations: ran }, 'the schema was brought to this version');
      await registry.register();
      this.#parts = await this.#makeParts(embedded, database, registry);
      this.#addMetrics(this.#parts);
    } catch (error) {
      await registry.unregister();
      await database.close();
      throw error;
    }
  }

  async #makeParts(
    embedded: EmbeddedPostgres | undefined,
    database: Database,
    registry: InstanceRegistry,
  ): Promise<Parts> {
    const { config, services, metrics, logger } = this.options;
    const traces = await openTraces(config, { ...this.options, id: this.id });
    const groups = metrics.histogram({
      name: 'staffetta_log_group_appends',
      help: 'Appends written in one group commit.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    });
    const seconds = metrics.histogram({
      name: 'staffetta_log_group_seconds',
      help: 'Time of one group commit.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5],
    });
    const chosenLog = await chooseLog({
      config,
      database,
      instance: await folderName(config),
      onGroup: (appends, tookMs) => {
        groups.observe(appends);
        seconds.observe(tookMs / 1_000);
      },
    });
    const { log } = chosenLog;
    const restoredAtMs = await lookForRestore(database, chosenLog.ledger, logger);
    const directory = new PostgresDirectory(database, {
      onVersion: () => {
        for (const choice of this.#choices) choice.directoryMoved?.();
        if (this.#parts) void this.#heartbeat();
      },
    });
    await directory.start();
    const { certFile, keyFile } = config.tls;
    const { dataDir, hostname } = config;
    const certificate = await MailCertificate.load({ certFile, keyFile, dataDir, hostname });
    const dns = new DnsClient({
      servers: config.dns.servers.map(({ host, port }) => ({ host, port })),
    });
    const folders = [dataDir, ...(embedded ? [embedded.dataPath] : [])];
    const storage = new StorageWatch(folders, config.storage);
    await storage.start();
    const grpcTls = await TlsFiles.read(config.grpc.tls);
    const own = new DnsMxResolver({ dns, clock: systemClock });
    const tls = grpcTls?.source;
    const observer = grpcMetrics(metrics, 'client');
    const chosen = chooseResolver({ config, services, own, database, tls, observer });
    const { resolver } = chosen;
    const base = { embedded, database, registry, log, chosenLog, directory, certificate, storage };
    return { ...base, dns, chosen, resolver, grpcTls, restoredAtMs, traces };
  }

  #addMetrics({ database, storage, certificate, grpcTls }: Parts): void {
    processMetrics(this.metrics, {
      ...{ database, storage },
      connectionsMax: this.config.database.connectionsMax,
      certificates: {
        mail: () => certificate.current.cert,
        grpc: () => grpcTls?.source.current.cert,
      },
    });
  }

  #heartbeat(): Promise<void> {
    this.#beating ??= this.#beatOnce()
      .catch((error: unknown) => this.#heartbeatFailed(error))
      .finally(() => {
        this.#beating = undefined;
      });
    return this.#beating;
  }

  #heartbeatFailed(error: unknown): void {
    if (!(error instanceof DataFolderInUse)) {
      this.logger.warn({ err: error }, 'the heartbeat failed');
    } else if (!this.#superseded) {
      this.#superseded = true;
      this.logger.fatal({ err: error }, 'the data folder is lost to another process');
      this.options.requestStop();
    }
  }

  async #beatOnce(): Promise<void> {
    const { registry, directory, chosenLog, chosen } = this.parts;
    const reports = this.#reporters.map((reporter) => reporter());
    const { stopRequested, alone } = await registry.heartbeat({
      ready: this.options.isReady(),
      directoryVersion: directory.version(),
      grpc: this.#grpc,
      report: {
        ready: Object.assign({}, ...reports.map((one) => one.ready ?? {})),
        duties: Object.assign({}, ...reports.map((one) => one.duties ?? {})),
        health: [this.#storageHealth(), ...reports.flatMap((one) => one.health ?? [])],
      },
    });
    chosenLog.setAlone(alone);
    if (stopRequested) this.options.requestStop();
    await this.#lookAtTls();
    await this.#lookAtCertificate();
    await Promise.all([chosen, ...this.#choices].map((choice) => choice.look()));
  }

  async #lookAtTls(): Promise<void> {
    try {
      const isNew = await this.parts.grpcTls?.look();
      if (isNew) this.logger.info('the files of grpc.tls have changed and are in use');
    } catch (error) {
      this.logger.error({ err: error }, 'the files of grpc.tls have changed and cannot be used');
    }
  }

  async #lookAtCertificate(): Promise<void> {
    const { certificate } = this.parts;
    try {
      if (!(await certificate.look())) return;
      for (const listener of this.#certificateListeners) listener(certificate.current);
      this.logger.info('the files of tls have changed and are in use');
    } catch (error) {
      this.logger.error({ err: error }, 'the files of tls have changed and cannot be used');
    }
  }

  #storageHealth(): PartHealth {
    const { full, freeBytes } = this.parts.storage;
    const free = `${(freeBytes / 1e9).toFixed(1)} GB free`;
    return { name: 'disk', ok: !full, detail: full ? `${free}: no mail is taken` : free };
  }
}

/** Settings whose parts are still to come are refused, never taken for something else. */
function refuseWhatIsNotThere({ blobs }: Config): void {
  if (blobs.kind === 'postgres') return;
  throw wrongValue('blobs.kind', `${blobs.kind} is not part of this version; it has postgres`);
}

/** By which the data folder is claimed: the same however one comes to it. */
export async function folderName({ dataDir }: Config): Promise<string> {
  return `${machineName()}:${await realpath(dataDir)}`;
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => !entry.internal)
    .map((entry) => entry.address);
}

/** Tries again while the database is not up yet. */
async function retry<Result>(work: () => Promise<Result>): Promise<Result> {
  const untilMs = Date.now() + DATABASE_WAIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const { code } = error as { code?: string };
      const notUp = code === 'ECONNREFUSED' || code === 'ENOENT' || code === '57P03';
      if (!notUp || Date.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, DATABASE_RETRY_MS));
    }
  }
}
