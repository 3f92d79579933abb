import { FIELD_OF_VARIABLE, isOurVariable } from './fields.ts';
import type { Field } from './fields.ts';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A nested object of raw values. */
export interface RawSection {
  [name: string]: unknown;
}

/** What the environment says: values at their paths, the fields that it set, and what is wrong with it. */
export interface EnvironmentValues {
  readonly fields: ReadonlyMap<Field, unknown>;
  readonly problems: readonly string[];
}

/** Variables that Kubernetes sets in a pod for each Service of its namespace. */
const SERVICE_LINK_NAME = /_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)$/;
const SERVICE_LINK_VALUE = /^(tcp|udp|sctp):\/\//;
const SERVICE_LINK_HINT =
  'Kubernetes sets such variables for each Service: set enableServiceLinks: false in the pod';

/** Reads the STAFFETTA_ variables as the kinds of their keys. */
export function readEnvironment(env: Environment): EnvironmentValues {
  const fields = new Map<Field, unknown>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !isOurVariable(name)) continue;
    const field = FIELD_OF_VARIABLE.get(name);
    if (field === undefined) {
      problems.push(`${name}: there is no such key${serviceLinkHint(name, value)}`);
      continue;
    }
    const read = readValue(field, value);
    if ('problem' in read) {
      problems.push(`${field.key} (${name}): ${read.problem}${serviceLinkHint(name, value)}`);
    } else {
      fields.set(field, read.value);
    }
  }
  return { fields, problems };
}

type ReadValue = { readonly value: unknown } | { readonly problem: string };

function readValue(field: Field, value: string): ReadValue {
  switch (field.kind) {
    case 'integer':
      return /^-?\d{1,16}$/.test(value)
        ? { value: Number(value) }
        : { problem: `${JSON.stringify(value)} is not a whole number` };
    case 'number':
      return /^\d{1,16}(\.\d{1,16})?$/.test(value)
        ? { value: Number(value) }
        : { problem: `${JSON.stringify(value)} is not a number` };
    case 'boolean':
      return value === 'true' || value === 'false'
        ? { value: value === 'true' }
        : { problem: `${JSON.stringify(value)} is neither true nor false` };
    case 'list':
      return { value: splitList(value) };
    case 'text':
      return { value: value === '' && field.schema.isOptional() ? undefined : value };
  }
}

/** The parts of a list written with commas. */
export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function serviceLinkHint(name: string, value: string): string {
  const linked = SERVICE_LINK_NAME.test(name) || SERVICE_LINK_VALUE.test(value);
  return linked ? ` (${SERVICE_LINK_HINT})` : '';
}
