import { FIELDS } from './fields.ts';
import type { Config } from './resolve.ts';

/** The key whose value is this listening port, such as `smtp.mxPort`. */
export function keyOfPort(config: Config, port: number): string | undefined {
  const field = FIELDS.filter((candidate) => candidate.port).find(({ path }) => {
    let value: unknown = config;
    for (const name of path) value = (value as Record<string, unknown> | undefined)?.[name];
    return value === port;
  });
  return field?.key;
}
