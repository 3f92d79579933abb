import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultyProxy } from '../net/faulty-proxy.ts';
import { kafkaJars } from './kafka-jars.ts';
import { TestBroker } from './test-broker.ts';
import type { JavaCompilers } from './test-broker.ts';

const PROTOCOLS = ['CLIENT:PLAINTEXT', 'PROXY:PLAINTEXT', 'CONTROLLER:PLAINTEXT'];

/** A real Apache Kafka (KRaft) on free ports of 127.0.0.1, in a temporary folder. */
export interface TestKafka {
  /** Each is broker and controller. */
  readonly brokers: readonly TestBroker[];
  /** `host:port` of every broker. */
  readonly addresses: readonly string[];
  /** The same brokers by a way that can be cut or held: who comes by it never learns of the straight one. */
  readonly proxiedAddresses: readonly string[];
  readonly proxies: readonly FaultyProxy[];
  /** The broker that is the active controller. */
  activeController(): Promise<TestBroker>;
  /** Ends all processes and removes the folder. */
  stop(): Promise<void>;
}

/** What a broker has beside the listeners of all. */
export interface MoreListeners {
  /** `NAME://host:port` where it listens, and what it says of where that is. */
  readonly listeners: readonly string[];
  readonly advertised: readonly string[];
  /** `NAME:PROTOCOL`. */
  readonly protocols: readonly string[];
  readonly properties: Readonly<Record<string, string | number>>;
  /** Users who say their password by SCRAM: `MECHANISM=[name=NAME,password=PASSWORD]`. */
  readonly scram: readonly string[];
}

/** Starts one broker, or as many as told; they serve when it resolves. */
export async function startTestKafka(
  brokerCount: 1 | 3 = 1,
  compilers: JavaCompilers = 'first',
  more?: MoreListeners,
): Promise<TestKafka> {
  const jars = await kafkaJars();
  const folder = await mkdtemp(join(tmpdir(), 'staffetta-kafka-'));
  const clusterId = randomBytes(16).toString('base64url');
  const ports = await freePorts(3 * brokerCount);
  const numbers = Array.from({ length: brokerCount }, (_, index) => index);
  const controllerPort = (index: number): number => ports[3 * index + 1]!;
  const voters = numbers.map((index) => `${index + 1}@127.0.0.1:${controllerPort(index)}`).join();
  const proxies: FaultyProxy[] = [];
  const brokers: TestBroker[] = [];
  for (const index of numbers) {
    const port = ports[3 * index]!;
    const behindProxy = ports[3 * index + 2]!;
    const proxy = await FaultyProxy.start({ host: '127.0.0.1', port: behindProxy });
    const own = join(folder, String(index + 1));
    await mkdir(own);
    const client = `CLIENT://127.0.0.1:${port}`;
    const listeners = [
      client,
      `PROXY://127.0.0.1:${behindProxy}`,
      `CONTROLLER://127.0.0.1:${controllerPort(index)}`,
      ...(more?.listeners ?? []),
    ];
    const advertised = [client, `PROXY://127.0.0.1:${proxy.port}`, ...(more?.advertised ?? [])];
    const properties = {
      ...propertiesOf(brokerCount),
      ...more?.properties,
      'node.id': index + 1,
      'controller.quorum.voters': voters,
      listeners: listeners.join(),
      'advertised.listeners': advertised.join(),
      'listener.security.protocol.map': [...PROTOCOLS, ...(more?.protocols ?? [])].join(),
    };
    const settings = { jars, folder: own, clusterId, port, compilers, properties };
    proxies.push(proxy);
    brokers.push(new TestBroker({ ...settings, scram: more?.scram ?? [] }));
  }
  const kafka: TestKafka = {
    brokers,
    addresses: brokers.map(({ address }) => address),
    proxiedAddresses: proxies.map(({ port }) => `127.0.0.1:${port}`),
    proxies,
    activeController: async () => {
      const state = join(brokers[0]!.folder, 'data', '__cluster_metadata-0', 'quorum-state');
      const { leaderId } = JSON.parse(await readFile(state, 'utf8')) as { leaderId: number };
      return brokers[leaderId - 1]!;
    },
    stop: async () => {
      await Promise.all(brokers.map((broker) => (brokerCount > 1 ? broker.kill() : broker.stop())));
      for (const proxy of proxies) await proxy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all(brokers.map((broker) => broker.format()));
    for (const broker of brokers) await broker.start();
    await Promise.all(brokers.map((broker) => broker.ready()));
  } catch (error) {
    await kafka.stop();
    throw error;
  }
  return kafka;
}

function propertiesOf(brokerCount: number): Readonly<Record<string, string | number>> {
  return {
    'process.roles': 'broker,controller',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENT',
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': brokerCount,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': brokerCount,
    'transaction.state.log.min.isr': brokerCount > 1 ? 2 : 1,
    // With others there, one that is stopped hands on what it leads; alone it would wait for nobody.
    'controlled.shutdown.enable': String(brokerCount > 1),
    // Who dies with a transaction open holds back readers until this looks for it.
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
    // The end of a transaction is told to a broker that hangs for as long as this, and readers wait for it.
    'request.timeout.ms': 2_000,
    // A broker asks a controller that hangs for as long as this, of 30 s, for numbers of producers.
    'controller.socket.timeout.ms': 2_000,
    // A broker that was killed may come back when its old registration has ended; with others on few cores it may be
    // slow without being dead.
    'broker.session.timeout.ms': brokerCount > 1 ? 4_000 : 2_000,
    'broker.heartbeat.interval.ms': 500,
  };
}

/** Ports that are free now, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
