import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { formatHostPort, parseHostPort } from './address.ts';
import type { HostPort } from './address.ts';
import { SERVICE_NAMES } from './schema.ts';
import type { RawConfig, ServiceName } from './schema.ts';

/** What the defaults take from the machine. */
export interface Machine {
  readonly hostname: string;
  readonly hasIPv6Loopback: boolean;
  /** Addresses of the system's DNS servers. */
  readonly nameservers: readonly string[];
}

/** The machine this runs on. */
export function thisMachine(): Machine {
  return {
    hostname: hostname(),
    hasIPv6Loopback: Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .some(({ address }) => address === '::1'),
    nameservers: systemNameservers('/etc/resolv.conf'),
  };
}

const DNS_PORT = 53;
/** Of gRPC, for a service alone. */
const GRPC_PORT = 9_465;

/** The configuration with every default in place; what may still be absent says so. */
export function resolveConfig(raw: RawConfig, machine: Machine, cwd: string) {
  const dataDir = resolve(cwd, raw.dataDir);
  const listen = raw.listen ?? (machine.hasIPv6Loopback ? ['127.0.0.1', '::1'] : ['127.0.0.1']);
  return {
    ...raw,
    hostname: raw.hostname ?? (isFullDomainName(machine.hostname) ? machine.hostname : undefined),
    listen,
    dataDir,
    instanceName: raw.instanceName ?? `${machine.hostname}-${shortHash(dataDir)}`,
    delivery: {
      ...raw.delivery,
      nextHop: hostPort(raw.delivery.nextHop, raw.delivery.remotePort),
    },
    dns: {
      servers: (raw.dns.servers ?? machine.nameservers).flatMap(
        (server) => parseHostPort(server, DNS_PORT) ?? [],
      ),
    },
    dashboard: {
      ...raw.dashboard,
      adminPasswordFile: path(cwd, raw.dashboard.adminPasswordFile),
    },
    admin: {
      url: raw.admin.url ?? adminUrl(listen[0] ?? '127.0.0.1', raw.dashboard.port),
      tokenFile: path(cwd, raw.admin.tokenFile) ?? join(dataDir, 'admin-token'),
    },
    telemetry: {
      ...raw.telemetry,
      otlp: {
        ...raw.telemetry.otlp,
        headersFile: path(cwd, raw.telemetry.otlp.headersFile),
      },
    },
    tls: {
      certFile: path(cwd, raw.tls.certFile),
      keyFile: path(cwd, raw.tls.keyFile),
    },
    grpc: {
      ...raw.grpc,
      targets: Object.fromEntries(
        SERVICE_NAMES.map((name) => [name, hostPort(raw.grpc.targets[name], GRPC_PORT)]),
      ) as Record<ServiceName, HostPort | undefined>,
      tls: {
        ...raw.grpc.tls,
        certFile: path(cwd, raw.grpc.tls.certFile),
        keyFile: path(cwd, raw.grpc.tls.keyFile),
        caFile: path(cwd, raw.grpc.tls.caFile),
      },
    },
    log: {
      ...raw.log,
      kafka: {
        ...raw.log.kafka,
        brokers: (raw.log.kafka.brokers ?? []).flatMap(
          (broker) => parseHostPort(broker, 9092) ?? [],
        ),
        tls: {
          ...raw.log.kafka.tls,
          caFile: path(cwd, raw.log.kafka.tls.caFile),
          certFile: path(cwd, raw.log.kafka.tls.certFile),
          keyFile: path(cwd, raw.log.kafka.tls.keyFile),
        },
        sasl: {
          ...raw.log.kafka.sasl,
          passwordFile: path(cwd, raw.log.kafka.sasl.passwordFile),
        },
      },
    },
  };
}

/** The same with the port of gRPC of a process that runs these services: none where all run in one. */
export function withGrpcPort(config: Config, services: readonly ServiceName[]): Config {
  const isAllInOne = services.length === SERVICE_NAMES.length;
  const port = config.grpc.port ?? (isAllInOne ? 0 : GRPC_PORT);
  return { ...config, grpc: { ...config.grpc, port } };
}

/** The configuration that services are built from. */
export type Config = DeepReadonly<ReturnType<typeof resolveConfig>>;

type DeepReadonly<Value> = Value extends object
  ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value;

/** Name servers of a resolv.conf, in its order; the loopback address where it names none (resolv.conf(5)). */
export function systemNameservers(file: string): string[] {
  let lines: string[] = [];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    // A machine without the file asks its own loopback, as the C library does.
  }
  const servers = lines.flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
  return servers.length > 0 ? servers : ['127.0.0.1'];
}

/** Whether a machine's name may stand in EHLO: a domain name of two labels or more, not an address. */
export function isFullDomainName(name: string): boolean {
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  if (name.length > 253 || /\.(local|localdomain|internal)$/i.test(name)) return false;
  return new RegExp(`^(${label}\\.)+[a-z]${label.slice(8)}$`, 'i').test(name);
}

function adminUrl(listen: string, port: number): string | undefined {
  if (port === 0) return undefined;
  const host = listen === '0.0.0.0' ? '127.0.0.1' : listen === '::' ? '::1' : listen;
  return `http://${formatHostPort({ host, port })}`;
}

function hostPort(text: string | undefined, defaultPort: number): HostPort | undefined {
  return text === undefined ? undefined : parseHostPort(text, defaultPort);
}

function path(cwd: string, file: string | undefined): string | undefined {
  return file === undefined ? undefined : resolve(cwd, file);
}

function shortHash(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 8);
}
