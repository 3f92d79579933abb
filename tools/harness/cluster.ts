/** Every service in processes of its own on one machine, each with its own data folder, as the pods of the chart. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestKafka } from '@staffetta/testing';
import type { JavaCompilers, TestKafka } from '@staffetta/testing';
import { clusterPods } from './cluster-pods.ts';
import { ClusterPostgres } from './cluster-postgres.ts';
import { processTree } from './processes.ts';
import type { Relay } from './relay.ts';
import { Staffetta } from './staffetta.ts';
import type { CliResult, Ports } from './staffetta.ts';
import { tempFolder } from './temp-folder.ts';
import type { TempFolder } from './temp-folder.ts';

/** In the order of starting; the first one brings the schema to its version. */
export const SERVICES = [
  'events',
  'resolver',
  'router',
  'delivery',
  'mailbox',
  'ingress',
  'api',
  'dashboard',
] as const;
export type ServiceName = (typeof SERVICES)[number];
export type LogKind = 'postgres' | 'kafka';

/** Whose door it is. */
const DOORS: readonly (readonly [ServiceName, readonly (keyof Ports)[]])[] = [
  ['ingress', ['mx', 'submission', 'submissions']],
  ['mailbox', ['imap', 'imaps', 'pop3', 'pop3s', 'lmtp']],
  ['api', ['api']],
  ['dashboard', ['dashboard']],
];
/** Starting costs about a CPU second each: more at once only wait for each other. */
const STARTS_AT_ONCE = 4;
const PASSWORD_BYTES = 9;
const PRIVATE = 0o600;

export interface ClusterOptions {
  readonly log?: LogKind;
  /** Brokers of Kafka. */
  readonly brokers?: 1 | 3;
  /** Of Java's, with which the brokers run; the first one unless told. */
  readonly compilers?: JavaCompilers;
  /** How many of each service, two unless told. */
  readonly replicas?: Readonly<Partial<Record<ServiceName, number>>>;
  /** Keys without the prefix, for every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told what is being started. */
  progress?(text: string): void;
}

/** One process of the cluster. */
export interface Member {
  /** As `delivery-2`; it greets other servers as `delivery-2.relay.test`. */
  readonly name: string;
  readonly service: ServiceName;
  readonly process: Staffetta;
}

export class Cluster implements Relay {
  readonly members: readonly Member[];
  readonly postgres: ClusterPostgres;
  /** Undefined where the log is in PostgreSQL. */
  readonly kafka: TestKafka | undefined;
  readonly ports: Ports;
  /** Of the first operator, admin. */
  readonly password: string;
  readonly #secrets: TempFolder;

  private constructor(
    members: readonly Member[],
    postgres: ClusterPostgres,
    kafka: TestKafka | undefined,
    operator: OperatorSecret,
  ) {
    this.members = members;
    this.postgres = postgres;
    this.kafka = kafka;
    this.password = operator.password;
    this.#secrets = operator.folder;
    this.ports = spreadDoors(members);
  }

  /** All of it runs and is ready. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const { log = 'postgres', brokers = 3, progress = () => undefined } = options;
    const started: { stop(): Promise<void> }[] = [];
    try {
      progress('PostgreSQL');
      const postgres = await ClusterPostgres.start();
      started.push(postgres);
      if (log === 'kafka') progress(`Kafka, ${brokers} broker${brokers === 1 ? '' : 's'}`);
      const kafka = log === 'kafka' ? await startTestKafka(brokers, options.compilers) : undefined;
      if (kafka !== undefined) started.push(kafka);
      const operator = operatorSecret();
      started.push({ stop: async () => operator.folder.stop() });
      const env = {
        DATABASE_URL: postgres.url,
        DASHBOARD_ADMIN_PASSWORD_FILE: operator.file,
        LOG_KIND: log,
        ...(kafka === undefined ? {} : kafkaSettings(kafka)),
        ...options.env,
      };
      const cluster = new Cluster(await prepareMembers(options, env), postgres, kafka, operator);
      started.push({ stop: () => cluster.#stopMembers() });
      progress(`${cluster.members.length} services`);
      await cluster.start();
      return cluster;
    } catch (error) {
      for (const one of started.toReversed()) await one.stop();
      throw error;
    }
  }

  /** All processes of a service. */
  of(service: ServiceName): readonly Member[] {
    return this.members.filter((member) => member.service === service);
  }

  get servicePids(): readonly number[] {
    return this.members.map((member) => member.process.pid);
  }

  async isReady(): Promise<boolean> {
    const ready = await Promise.all(this.members.map((member) => member.process.isReady()));
    return ready.every(Boolean);
  }

  pids(): number[] {
    const brokers =
      this.kafka?.brokers.flatMap(({ pid }) => (pid === undefined ? [] : [pid])) ?? [];
    const services = this.members.flatMap((member) => processTree(member.process.pid));
    return [...new Set([...services, ...this.postgres.pids(), ...brokers])];
  }

  cli(args: readonly string[], stdin = ''): Promise<CliResult> {
    return this.#dashboard.cli(args, stdin);
  }

  must(args: readonly string[], stdin = ''): Promise<string> {
    return this.#dashboard.must(args, stdin);
  }

  queueLength(): Promise<number> {
    return this.#dashboard.queueLength();
  }

  log(): string {
    return this.members.map(({ name, process }) => `== ${name}\n${process.log()}`).join('\n');
  }

  /** The members that do not run. */
  async start(): Promise<void> {
    const [first, ...others] = this.members.filter(({ process }) => !process.isRunning);
    await first?.process.start();
    await atOnce(STARTS_AT_ONCE, others, (member) => member.process.start());
  }

  async killNode(): Promise<void> {
    await Promise.all(this.members.map((member) => member.process.killNode()));
  }

  killPostgres(): void {
    this.postgres.kill();
  }

  async terminate(): Promise<number | NodeJS.Signals> {
    const codes = await Promise.all(this.members.map((member) => member.process.terminate()));
    return codes.find((code) => code !== 0) ?? 0;
  }

  async stop(): Promise<void> {
    await this.#stopMembers();
    await this.kafka?.stop();
    await this.postgres.stop();
    this.#secrets.stop();
  }

  async #stopMembers(): Promise<void> {
    await Promise.all(this.members.map((member) => member.process.stop()));
  }

  get #dashboard(): Staffetta {
    const [first] = this.of('dashboard');
    if (first === undefined) throw new Error('this cluster has no dashboard');
    return first.process;
  }
}

interface OperatorSecret {
  readonly password: string;
  readonly file: string;
  readonly folder: TempFolder;
}

/** What the chart takes from a Secret. */
function operatorSecret(): OperatorSecret {
  const folder = tempFolder('operator');
  const file = join(folder.path, 'password');
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  writeFileSync(file, `${password}\n`, { mode: PRIVATE });
  return { password, file, folder };
}

function kafkaSettings({ addresses, brokers }: TestKafka): Record<string, string> {
  return {
    LOG_KAFKA_BROKERS: addresses.join(),
    LOG_KAFKA_REPLICATION_FACTOR: String(brokers.length),
  };
}

async function prepareMembers(
  options: ClusterOptions,
  env: Readonly<Record<string, string>>,
): Promise<Member[]> {
  const members: Member[] = [];
  const { containers, config } = clusterPods();
  for (const service of SERVICES) {
    const container = containers[service];
    if (container === undefined) throw new Error(`the chart has no pods of ${service}`);
    const count = options.replicas?.[service] ?? 2;
    for (let number = 1; number <= count; number += 1) {
      const name = `${service}-${number}`;
      const own = { INSTANCE_NAME: name, HOSTNAME: `${name}.relay.test`, ...env };
      const process = await Staffetta.prepare({ env: own, pod: { container, config } });
      members.push({ name, service, process });
    }
  }
  return members;
}

/** Door by door the next replica of its service: what is done by two doors is done on two processes. */
function spreadDoors(members: readonly Member[]): Ports {
  const [any] = members;
  if (any === undefined) throw new Error('a cluster of nothing');
  const ports: Record<keyof Ports, number> = { ...any.process.ports };
  for (const [service, doors] of DOORS) {
    const own = members.filter((member) => member.service === service);
    for (const [at, door] of doors.entries()) {
      const member = own[at % own.length];
      if (member !== undefined) ports[door] = member.process.ports[door];
    }
  }
  return ports;
}

async function atOnce<T>(
  width: number,
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
