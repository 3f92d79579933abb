/** A private Postfix as Debian ships it: its own configuration, queue and data, a free port, no other change of rules. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';
import { freePort } from './free-ports.ts';
import { isAlive } from './processes.ts';
import { tempFolder } from './temp-folder.ts';
import type { TempFolder } from './temp-folder.ts';
import { answers, waitFor } from './wait.ts';

const START_TIMEOUT_MS = 30_000;
const QUEUES = ['maildrop', 'incoming', 'active', 'deferred', 'hold'];
const SHIPPED = '/usr/share/postfix';

export interface PostfixOptions {
  /** The domain it relays, and where to. */
  readonly domain: string;
  readonly nextHopHost: string;
  readonly nextHopPort: number;
}

export class Postfix {
  readonly port: number;
  readonly masterPid: number;
  readonly #folder: TempFolder;
  readonly #forget: () => void;

  private constructor(port: number, masterPid: number, folder: TempFolder) {
    this.port = port;
    this.masterPid = masterPid;
    this.#folder = folder;
    this.#forget = atExit(() => process.kill(masterPid, 'SIGTERM'));
  }

  static async start(options: PostfixOptions): Promise<Postfix> {
    const port = await freePort();
    const folder = tempFolder('postfix');
    writeConfiguration(folder.path, port, options);
    control(folder.path, 'start');
    await waitFor('postfix answers', START_TIMEOUT_MS, () => answers(port));
    const pidFile = join(folder.path, 'queue/pid/master.pid');
    return new Postfix(port, Number(readFileSync(pidFile, 'utf8').trim()), folder);
  }

  /** Messages that wait or are on their way. */
  queueLength(): number {
    return QUEUES.reduce(
      (sum, queue) => sum + filesBelow(join(this.#folder.path, 'queue', queue)),
      0,
    );
  }

  log(): string {
    return readFileSync(join(this.#folder.path, 'postfix.log'), 'utf8');
  }

  async stop(): Promise<void> {
    control(this.#folder.path, 'stop');
    await waitFor('postfix has ended', START_TIMEOUT_MS, () => !isAlive(this.masterPid));
    this.#forget();
    this.#folder.stop();
  }
}

function writeConfiguration(folder: string, port: number, options: PostfixOptions): void {
  const config = join(folder, 'config');
  for (const name of ['config', 'queue', 'data']) mkdirSync(join(folder, name));
  spawnSync('chown', ['postfix', join(folder, 'data')]);
  chmodSync(join(folder, 'queue'), 0o755);
  const shipped = readFileSync(`${SHIPPED}/main.cf.debian`, 'utf8');
  writeFileSync(
    join(config, 'main.cf'),
    `${shipped}
myhostname = postfix.test
queue_directory = ${folder}/queue
data_directory = ${folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
alias_maps =
alias_database =
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
relay_domains = ${options.domain}
transport_maps = inline:{${options.domain}=smtp:[${options.nextHopHost}]:${options.nextHopPort}}
smtpd_tls_security_level = none
smtp_tls_security_level = none
maillog_file_prefixes = ${folder}
maillog_file = ${folder}/postfix.log
`,
  );
  // Debian's master.cf with another port for its MX door; all process limits stay as shipped.
  const services = readFileSync(`${SHIPPED}/master.cf.dist`, 'utf8').replace(
    /^smtp(\s+inet)/m,
    `${port}$1`,
  );
  writeFileSync(join(config, 'master.cf'), services);
}

function control(folder: string, action: 'start' | 'stop'): void {
  const { status, stderr, stdout } = spawnSync(
    '/usr/sbin/postfix',
    ['-c', join(folder, 'config'), action],
    { encoding: 'utf8' },
  );
  if (status === 0) return;
  const log = join(folder, 'postfix.log');
  throw new Error(
    `postfix ${action}: ${stderr}${stdout}${existsSync(log) ? readFileSync(log, 'utf8') : ''}`,
  );
}

function filesBelow(folder: string): number {
  let count = 0;
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) count += 1;
    }
  } catch {
    // A hashed folder went away under the look; the next look counts again.
    return Number.NaN;
  }
  return count;
}
