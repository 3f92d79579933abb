import { FIELDS } from './fields.ts';
import type { Config } from './resolve.ts';

const HIDDEN = '[hidden]';

/** A copy without secrets, for logs: a URL keeps all but its password. */
export function redactConfig(config: Config): Config {
  const copy = structuredClone(config) as Record<string, unknown>;
  for (const { path } of FIELDS.filter(({ secret }) => secret)) hideAt(copy, path);
  return copy as unknown as Config;
}

/** The text with the password of each URL in it hidden. */
export function hideUrlPassword(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^:/?#\s@]*):[^@/\s]+@/gi, `$1:${HIDDEN}@`);
}

function hideAt(values: Record<string, unknown>, path: readonly string[]): void {
  const [name = '', ...rest] = path;
  const value = values[name];
  if (rest.length > 0) hideAt(value as Record<string, unknown>, rest);
  else if (typeof value === 'string') {
    values[name] = value.includes('://') ? hideUrlPassword(value) : HIDDEN;
  }
}
