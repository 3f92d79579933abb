import { z } from 'zod';
import { isNetwork, parseHostPort } from './address.ts';

/** How the text of an environment variable is read. */
export type FieldKind = 'integer' | 'number' | 'boolean' | 'text' | 'list';

/** What each key carries beside its type. */
export interface FieldMeta {
  readonly description: string;
  readonly kind: FieldKind;
  /** In words, where the default depends on the machine or on other keys. */
  readonly defaultText?: string;
  /** Never printed in logs. */
  readonly secret?: boolean;
  /** A port on which something listens. */
  readonly port?: boolean;
}

const PORT_MAX = 65_535;

/** A listening port; 0 turns the door off. */
export function port(defaultPort: number, description: string) {
  return z
    .int()
    .min(0)
    .max(PORT_MAX)
    .default(defaultPort)
    .meta(meta({ description: `${description}; 0 turns it off.`, kind: 'integer', port: true }));
}

/** A listening port whose default the program chooses. */
export function portWithoutDefault(defaultText: string, description: string) {
  return z
    .int()
    .min(0)
    .max(PORT_MAX)
    .optional()
    .meta(meta({ description, kind: 'integer', port: true, defaultText }));
}

/** A whole number within bounds; the unit is in the key's name. */
export function integer(
  defaultValue: number,
  description: string,
  { min = 1, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
) {
  return z
    .int()
    .min(min)
    .max(max)
    .default(defaultValue)
    .meta(meta({ description, kind: 'integer' }));
}

/** A part of a whole, 0 to 1. */
export function share(defaultValue: number, description: string) {
  return z
    .number()
    .min(0)
    .max(1)
    .default(defaultValue)
    .meta(meta({ description, kind: 'number' }));
}

/** `true` or `false`. */
export function flag(defaultValue: boolean, description: string) {
  return z
    .boolean()
    .default(defaultValue)
    .meta(meta({ description, kind: 'boolean' }));
}

/** One of some words. */
export function choice<const Words extends readonly [string, ...string[]]>(
  words: Words,
  defaultWord: Words[number],
  description: string,
) {
  return z
    .enum(words)
    .default(defaultWord as never)
    .meta(meta({ description, kind: 'text' }));
}

/** A text with a default. */
export function text(defaultValue: string, description: string) {
  return z
    .string()
    .min(1)
    .default(defaultValue)
    .meta(meta({ description, kind: 'text' }));
}

/** A text that may be absent; `defaultText` says what happens then. */
export function optionalText(
  defaultText: string,
  description: string,
  { secret = false }: { secret?: boolean } = {},
) {
  return z
    .string()
    .min(1)
    .optional()
    .meta(meta({ description, kind: 'text', defaultText, secret }));
}

/** An absent or present URL of one of the schemes. */
export function optionalUrl(
  schemes: readonly string[],
  defaultText: string,
  description: string,
  { secret = false }: { secret?: boolean } = {},
) {
  return z
    .string()
    .refine((value) => schemes.some((scheme) => value.startsWith(`${scheme}://`)), {
      error: `is not a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    })
    .optional()
    .meta(meta({ description, kind: 'text', defaultText, secret }));
}

/** An absent or present `HOST` or `HOST:PORT`. */
export function optionalHostPort(defaultText: string, description: string) {
  return hostPort()
    .optional()
    .meta(meta({ description, kind: 'text', defaultText }));
}

/** A list of `host:port` and `[v6]:port`. */
export function hostPorts(defaultText: string, description: string) {
  return z
    .array(hostPort())
    .optional()
    .meta(meta({ description, kind: 'list', defaultText }));
}

/** A list of IP addresses. */
export function addresses(defaultText: string, description: string) {
  return z
    .array(z.union([z.ipv4(), z.ipv6()], { error: 'is not an IP address' }))
    .min(1)
    .optional()
    .meta(meta({ description, kind: 'list', defaultText }));
}

/** A list of IP networks. */
export function networks(description: string) {
  return z
    .array(z.string().refine(isNetwork, { error: 'is not a network such as 10.0.0.0/8' }))
    .default([])
    .meta(meta({ description, kind: 'list', defaultText: 'none' }));
}

function hostPort() {
  return z.string().refine((value) => parseHostPort(value, 1) !== undefined, {
    error: 'is not host:port or [v6]:port',
  });
}

function meta(values: FieldMeta): FieldMeta & Record<string, unknown> {
  return { ...values };
}
