/** The image, run by itself as somebody with one machine would: everything in one container that can write nowhere else. */
import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../harness/free-ports.ts';
import { runProgram } from '../../harness/run-program.ts';
import { tempFolder } from '../../harness/temp-folder.ts';
import { waitFor } from '../../harness/wait.ts';
import { CHART } from '../rendered-cluster.ts';
import type { ContainerEngine } from './container-engine.ts';

const NAME = 'trial';
const READY_TIMEOUT_MS = 120_000;
const STOP_SECONDS = 60;
const DOORS = [
  ...['SMTP_MX_PORT', 'SMTP_SUBMISSION_PORT', 'SMTP_SUBMISSIONS_PORT', 'IMAP_PORT'],
  ...[
    'IMAP_TLS_PORT',
    'POP3_PORT',
    'POP3_TLS_PORT',
    'API_PORT',
    'DASHBOARD_PORT',
    'TELEMETRY_PORT',
  ],
] as const;
const EVERYBODY_MAY_READ = 0o644;

export interface ImageTrial {
  /** As `id` says it in the container. */
  readonly user: string;
  readonly rootIsReadOnly: boolean;
  /** The lines of a mail that was sent by SMTP and read back by IMAP. */
  readonly mail: readonly string[];
  readonly mailCode: number;
  readonly readySeconds: number;
  /** After SIGTERM. */
  readonly exitCode: number;
}

/** With a root that is read-only and no capabilities; the network is this machine's loopback. */
export async function tryImage(engine: ContainerEngine, image: string): Promise<ImageTrial> {
  const folder = tempFolder('trial');
  try {
    const passwordFile = join(folder.path, 'password');
    writeFileSync(passwordFile, randomBytes(9).toString('base64url'));
    chmodSync(passwordFile, EVERYBODY_MAY_READ);
    const ports: Record<string, number> = {};
    for (const door of DOORS) ports[door] = await freePort();
    const begin = performance.now();
    await engine.must(['podman', 'run', ...runOptions(ports, passwordFile), image]);
    const isReady = async (): Promise<boolean> => {
      const url = `http://127.0.0.1:${ports['TELEMETRY_PORT']}/readyz`;
      return (await fetch(url).catch(() => undefined))?.status === 200;
    };
    await waitFor('the container is ready', READY_TIMEOUT_MS, isReady);
    const readySeconds = Math.round((performance.now() - begin) / 100) / 10;
    const inside = (...command: string[]) => engine.run(['podman', 'exec', NAME, ...command]);
    const user = (await inside('id')).output.trim();
    const touched = await inside('touch', '/app/x');
    const mail = await sendAndRead(ports, passwordFile);
    await engine.must(['podman', 'stop', '-t', String(STOP_SECONDS), NAME]);
    const format = ['--format', '{{.State.ExitCode}}'];
    const exitCode = Number(await engine.must(['podman', 'inspect', ...format, NAME]));
    return {
      ...{ user, rootIsReadOnly: /Read-only file system/.test(touched.output), readySeconds },
      ...{ mail: mail.output.trim().split('\n'), mailCode: mail.code, exitCode },
    };
  } finally {
    await engine.run(['podman', 'rm', '--force', '--volumes', NAME]);
    folder.stop();
  }
}

function runOptions(ports: Readonly<Record<string, number>>, passwordFile: string): string[] {
  const settings = {
    ...{ LISTEN: '127.0.0.1', HOSTNAME: 'mx.example.com', STORAGE_MIN_FREE_PERCENT: '1' },
    DASHBOARD_ADMIN_PASSWORD_FILE: '/run/password',
    ...ports,
  };
  return [
    ...['--detach', '--name', NAME, '--network', 'host'],
    ...['--read-only', '--read-only-tmpfs=false', '--tmpfs', '/tmp', '--volume', `${NAME}:/data`],
    ...['--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
    ...['--volume', `${passwordFile}:/run/password:ro`],
    ...Object.entries(settings).flatMap(([key, value]) => ['-e', `STAFFETTA_${key}=${value}`]),
  ];
}

/** What `helm test` does. */
function sendAndRead(ports: Readonly<Record<string, number>>, passwordFile: string) {
  const settings = {
    ADMIN_URL: `http://127.0.0.1:${ports['DASHBOARD_PORT']}`,
    ADMIN_PASSWORD_FILE: passwordFile,
    ...{ SMTP_HOST: '127.0.0.1', SMTP_PORT: ports['SMTP_MX_PORT'] },
    ...{ IMAP_HOST: '127.0.0.1', IMAPS_PORT: ports['IMAP_TLS_PORT'] },
  };
  const env = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  const script = join(CHART, 'files/send-and-read.mjs');
  return runProgram(['env', ...env, process.execPath, script]);
}
