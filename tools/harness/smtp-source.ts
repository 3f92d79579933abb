/** Postfix's smtp-source as the load: messages of one size in a number of sessions. */
import { spawn } from 'node:child_process';

export interface Load {
  readonly port: number;
  readonly host?: string;
  readonly messages: number;
  readonly sessions: number;
  readonly sizeBytes: number;
  readonly from: string;
  readonly to: string;
  /** Many messages on a connection, or one each. */
  readonly keepConnections: boolean;
  readonly options?: readonly string[];
}

/** Ends when every message got its `250`; throws when one did not. Gives the seconds it took. */
export function smtpSource(load: Load): Promise<number> {
  const args = [
    ...['-s', String(load.sessions), '-m', String(load.messages), '-l', String(load.sizeBytes)],
    ...['-f', load.from, '-t', load.to, '-M', 'load.test', '-C', '10'],
    ...(load.keepConnections ? ['-d'] : []),
    ...(load.options ?? []),
    `${load.host ?? '127.0.0.1'}:${load.port}`,
  ];
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn('smtp-source', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve((performance.now() - begin) / 1000);
      else reject(new Error(`smtp-source ended with ${code}: ${errors}`));
    });
  });
}
