/** A real DNS server, Debian's unbound, that serves a few names on loopback and asks nobody else. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-ports.ts';
import { ServerProcess } from './server-process.ts';
import { tempFolder } from './temp-folder.ts';
import type { TempFolder } from './temp-folder.ts';
import { answers, waitFor } from './wait.ts';

const START_TIMEOUT_MS = 10_000;
/** Longer than any point runs: what is cached stays cached while DNS is dead. */
const TTL_SECONDS = 3_600;

/** Lines of a zone file without their class: `example.test MX 10 mx.example.test.`, one string each. */
export type Zone = readonly string[];

export interface DnsDoor {
  readonly address: string;
  readonly network: string;
}

const LOOPBACK: DnsDoor = { address: '127.0.0.1', network: '127.0.0.0/8' };

export class DnsServer {
  readonly address: string;
  readonly #process: ServerProcess;
  readonly #folder: TempFolder;

  private constructor(address: string, process: ServerProcess, folder: TempFolder) {
    this.address = address;
    this.#process = process;
    this.#folder = folder;
  }

  /** On loopback, or on another address for a network from which it is asked. */
  static async start(zone: Zone, door: DnsDoor = LOOPBACK): Promise<DnsServer> {
    const port = await freePort(door.address);
    const folder = tempFolder('dns');
    const file = join(folder.path, 'unbound.conf');
    writeFileSync(file, configuration(port, folder.path, zone, door));
    const server = await ServerProcess.start({
      command: ['unbound', '-d', '-p', '-c', file],
      logFile: join(folder.path, 'log'),
    });
    await waitFor('unbound answers', START_TIMEOUT_MS, async () => {
      if (server.hasExited) throw new Error(`unbound ended: ${server.log()}`);
      return answers(port, door.address);
    });
    return new DnsServer(`${door.address}:${port}`, server, folder);
  }

  /** Questions are received and never answered, as by a server that is gone. */
  freeze(): void {
    this.#process.signal('SIGSTOP');
  }

  thaw(): void {
    this.#process.signal('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    this.#folder.stop();
  }
}

/** One site: a domain whose only MX host has this address. */
export function site(domain: string, address: string): string[] {
  return [`${domain}. MX 10 mx.${domain}.`, `mx.${domain}. A ${address}`];
}

function configuration(port: number, folder: string, zone: Zone, door: DnsDoor): string {
  const names = new Set(zone.map((line) => line.split(' ')[0] ?? ''));
  const top = new Set([...names].map((name) => `${name.split('.').at(-2)}.`));
  return `server:
  interface: ${door.address}@${port}
  access-control: ${door.network} allow
  do-ip6: no
  num-threads: 1
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  module-config: "iterator"
${[...top].map(topZone).join('\n')}
${zone.map((line) => `  local-data: "${withTtl(line)}"`).join('\n')}
remote-control:
  control-enable: no
`;
}

/** With an SOA, without which what is not there cannot be cached (RFC 2308 §5). */
function topZone(name: string): string {
  const soa = `${name} ${TTL_SECONDS} IN SOA ns.${name} hostmaster.${name} 1 3600 600 86400 ${TTL_SECONDS}`;
  return `  local-zone: "${name}" static\n  local-data: "${soa}"`;
}

function withTtl(line: string): string {
  const [name, ...rest] = line.split(' ');
  return `${name} ${TTL_SECONDS} IN ${rest.join(' ')}`;
}
