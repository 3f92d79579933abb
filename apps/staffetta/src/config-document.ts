import { formatHostPort } from '@staffetta/platform';
import type { HostPort } from '@staffetta/platform';

/** A value of a configuration document. */
export type ConfigValue =
  string | number | boolean | readonly ConfigValue[] | { readonly [name: string]: ConfigValue };

/** The configuration as it is written in a file: absent keys left out, `host:port` as text. */
export function plainConfig(config: object): { readonly [name: string]: ConfigValue } {
  const entries = Object.entries(config).flatMap(([name, value]) => {
    const plain = plainValue(value);
    return plain === undefined ? [] : [[name, plain] as const];
  });
  return Object.fromEntries(entries);
}

function plainValue(value: unknown): ConfigValue | undefined {
  if (Array.isArray(value)) return value.flatMap((item) => plainValue(item) ?? []);
  if (typeof value === 'object' && value !== null) {
    return isHostPort(value) ? formatHostPort(value) : plainConfig(value);
  }
  const isScalar =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isScalar ? value : undefined;
}

function isHostPort(value: object): value is HostPort {
  return Object.keys(value).sort().join() === 'host,port';
}

/** YAML in which every scalar and list is written as JSON, which is YAML too. */
export function toYaml(document: { readonly [name: string]: ConfigValue }): string {
  return lines(document, '').join('\n');
}

function lines(section: { readonly [name: string]: ConfigValue }, indent: string): string[] {
  return Object.entries(section).flatMap(([name, value]) => {
    if (typeof value !== 'object' || Array.isArray(value)) {
      return `${indent}${name}: ${JSON.stringify(value)}`;
    }
    const inner = lines(value as { readonly [name: string]: ConfigValue }, `${indent}  `);
    return inner.length === 0 ? [] : [`${indent}${name}:`, ...inner];
  });
}
