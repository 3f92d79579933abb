import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { YAMLError, parse } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { readEnvironment, splitList } from './environment.ts';
import type { Environment, RawSection } from './environment.ts';
import { FIELDS } from './fields.ts';
import type { Field } from './fields.ts';
import { resolveConfig, thisMachine } from './resolve.ts';
import type { Config, Machine } from './resolve.ts';
import { configSchema } from './schema.ts';

const DEFAULT_FILE = 'staffetta.yaml';

/**
 * Reads staffetta.yaml in `cwd` (or the file in STAFFETTA_CONFIG) and the environment, which wins.
 * Throws a ConfigError that names every unknown key and wrong value. Relative paths start at `cwd`.
 */
export function loadConfig(
  env: Environment = process.env,
  cwd: string = process.cwd(),
  machine: Machine = thisMachine(),
): Config {
  const file = readFile(env, cwd);
  const environment = readEnvironment(env);
  for (const [field, value] of environment.fields) setAt(file, field.path, value);
  const parsed = configSchema.safeParse(file);
  const problems = [...environment.problems];
  if (!parsed.success) {
    problems.push(
      ...parsed.error.issues.flatMap((issue) => describeIssue(issue, environment.fields)),
    );
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  const config: Config = resolveConfig(parsed.data, machine, cwd);
  const contradictions = findContradictions(config);
  if (contradictions.length > 0) throw new ConfigError(contradictions);
  return config;
}

function readFile(env: Environment, cwd: string): RawSection {
  const named = env['STAFFETTA_CONFIG'];
  const file = resolve(cwd, named ?? DEFAULT_FILE);
  if (named === undefined && !existsSync(file)) return {};
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof YAMLError ? firstLine(error.message) : (error as Error).message;
    throw new ConfigError([
      `${named === undefined ? file : `STAFFETTA_CONFIG: ${file}`}: ${reason}`,
    ]);
  }
  if (content === null || content === undefined) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new ConfigError([`${file}: is not a mapping of keys to values`]);
  }
  const values = dropEmptySections(content as RawSection);
  for (const field of FIELDS) {
    if (field.kind !== 'list') continue;
    const value = getAt(values, field.path);
    if (typeof value === 'string') setAt(values, field.path, splitList(value));
  }
  return values;
}

/** A key with nothing behind it (`smtp:`) is a section whose keys are all commented out. */
function dropEmptySections(section: RawSection): RawSection {
  return Object.fromEntries(
    Object.entries(section)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [
        name,
        typeof value === 'object' && !Array.isArray(value)
          ? dropEmptySections(value as RawSection)
          : value,
      ]),
  );
}

function getAt(values: RawSection, path: readonly string[]): unknown {
  let current: unknown = values;
  for (const name of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as RawSection)[name];
  }
  return current;
}

/** Sets a value, unless a scalar stands where a section should be: the schema will say so. */
function setAt(values: RawSection, path: readonly string[], value: unknown): void {
  let section = values;
  for (const name of path.slice(0, -1)) {
    const inner = (section[name] ??= {});
    if (typeof inner !== 'object') return;
    section = inner as RawSection;
  }
  const last = path.at(-1);
  if (last !== undefined) section[last] = value;
}

function describeIssue(
  issue: z.core.$ZodIssue,
  environment: ReadonlyMap<Field, unknown>,
): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => `${[...path, name].join('.')}: there is no such key`);
  }
  const field = FIELDS.find(
    ({ key }) => path.join('.') === key || path.join('.').startsWith(`${key}.`),
  );
  const key = field?.key ?? path.join('.');
  const fromEnvironment = field !== undefined && environment.has(field);
  const given = fromEnvironment ? environment.get(field) : undefined;
  const part = Array.isArray(given)
    ? (given as unknown[])[Number(path[field?.path.length ?? 0])]
    : given;
  const value = part === undefined || field?.secret ? '' : ` ${JSON.stringify(part)}`;
  return [`${key}${fromEnvironment ? ` (${field.variable})` : ''}:${value} ${issue.message}`];
}

/** Values that are right alone and wrong together. */
function findContradictions(config: Config): string[] {
  const problems: string[] = [];
  if (config.delivery.retryMaxMs < config.delivery.retryMinMs) {
    problems.push('delivery.retryMaxMs: is less than delivery.retryMinMs');
  }
  for (const name of ['proxyMxPort', 'proxySubmissionPort', 'proxySubmissionsPort'] as const) {
    if (config.smtp[name] === 0 || config.smtp.proxyNetworks.length > 0) continue;
    problems.push(`smtp.${name}: is set without smtp.proxyNetworks`);
  }
  if ((config.tls.certFile === undefined) !== (config.tls.keyFile === undefined)) {
    problems.push('tls.certFile and tls.keyFile: one is set without the other');
  }
  const { certFile, keyFile, caFile } = config.grpc.tls;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    problems.push('grpc.tls.certFile and grpc.tls.keyFile: one is set without the other');
  }
  if (caFile !== undefined && certFile === undefined) {
    problems.push('grpc.tls.caFile: is set without grpc.tls.certFile');
  }
  if (config.log.kind === 'kafka' && config.log.kafka.brokers.length === 0) {
    problems.push('log.kafka.brokers: is needed when log.kind is kafka');
  }
  return [...problems, ...findKafkaContradictions(config.log.kafka)];
}

function findKafkaContradictions({ tls, sasl }: Config['log']['kafka']): string[] {
  const problems: string[] = [];
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined)) {
    problems.push('log.kafka.tls.certFile and log.kafka.tls.keyFile: one is set without the other');
  }
  for (const name of ['caFile', 'certFile', 'keyFile'] as const) {
    if (tls.enabled || tls[name] === undefined) continue;
    problems.push(`log.kafka.tls.${name}: is set without log.kafka.tls.enabled`);
  }
  const isSasl = sasl.mechanism !== 'none';
  for (const name of ['username', 'passwordFile'] as const) {
    const isSet = sasl[name] !== undefined;
    if (isSasl && !isSet) {
      problems.push(`log.kafka.sasl.${name}: is needed with log.kafka.sasl.mechanism`);
    } else if (isSet && !isSasl) {
      problems.push(`log.kafka.sasl.${name}: is set without log.kafka.sasl.mechanism`);
    }
  }
  if (sasl.mechanism === 'plain' && !tls.enabled) {
    problems.push(
      'log.kafka.sasl.mechanism: plain would tell the password to anybody on the way without log.kafka.tls.enabled',
    );
  }
  return problems;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
