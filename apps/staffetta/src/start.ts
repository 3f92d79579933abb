import type { Config, ServiceName } from '@staffetta/platform';

/** Runs the named services, or all of them, until they were told to end; returns the exit code. */
export async function startServices(
  config: Config,
  services: readonly ServiceName[],
): Promise<number> {
  throw new Error(`cannot start ${services.join(', ')} with ${config.dataDir} yet`);
}
