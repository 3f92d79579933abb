import { ConfigError } from '../config/config-error.ts';
import { keyOfPort } from '../config/ports.ts';
import type { Config } from '../config/resolve.ts';

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const;

/** What a failed start says, and with which code the program ends. */
export interface StartFailure {
  readonly message: string;
  readonly exitCode: number;
}

/** Puts a failed start in words: a wrong configuration and a port that is taken name their key and end with 2. */
export function describeStartFailure(error: unknown, config?: Config): StartFailure {
  if (error instanceof ConfigError || isAboutConfig(error)) {
    return { message: error.message, exitCode: EXIT.usage };
  }
  const { code, address, port } = error as { code?: string; address?: string; port?: number };
  const reason = LISTEN_ERRORS.get(code ?? '');
  if (reason !== undefined && port !== undefined) {
    const key = config === undefined ? undefined : keyOfPort(config, port);
    const place = address === undefined ? `port ${port}` : `${address} port ${port}`;
    return { message: `${key ?? 'a port'}: ${place} ${reason}`, exitCode: EXIT.usage };
  }
  return {
    message: error instanceof Error ? error.message : String(error),
    exitCode: EXIT.failed,
  };
}

/** An adapter, which knows nothing of this package, says by `configKey` that a configured value is at fault. */
function isAboutConfig(error: unknown): error is Error {
  return error instanceof Error && typeof (error as { configKey?: unknown }).configKey === 'string';
}

const LISTEN_ERRORS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'is taken by another program'],
  ['EACCES', 'may not be used by this user'],
  ['EADDRNOTAVAIL', 'is not an address of this machine (see the key listen)'],
]);
