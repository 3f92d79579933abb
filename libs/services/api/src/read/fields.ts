import { Refusal } from '../api-error.ts';

/** A JSON object as it came. Null counts as absent, since clients send it for what they have not got. */
export type Fields = Readonly<Record<string, unknown>>;

/** How deep substitution data and metadata may be nested. */
export const DATA_DEPTH_MAX = 20;

/** A field of its own, never one of the prototype's; undefined where it is absent or null. */
export function fieldOf(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function optionalObject(fields: Fields, name: string, path: string): Fields | undefined {
  const value = fieldOf(fields, name);
  if (value === undefined) return undefined;
  if (!isObject(value)) throw new Refusal('1300', `${path} must be an object`);
  return value;
}

export function optionalArray(
  fields: Fields,
  name: string,
  path: string,
  lengthMax: number,
): readonly unknown[] {
  const value = fieldOf(fields, name);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Refusal('1300', `${path} must be an array`);
  if (value.length > lengthMax) {
    throw new Refusal('1300', `${path} may have at most ${lengthMax} elements`);
  }
  return value;
}

/** Text of at most so many octets in UTF-8. */
export function optionalText(
  fields: Fields,
  name: string,
  path: string,
  sizeBytesMax: number,
): string | undefined {
  const value = fieldOf(fields, name);
  return value === undefined ? undefined : checkText(value, path, sizeBytesMax);
}

export function requiredText(
  fields: Fields,
  name: string,
  path: string,
  sizeBytesMax: number,
): string {
  const value = optionalText(fields, name, path, sizeBytesMax);
  if (value === undefined || value === '') throw new Refusal('1400', `${path} is required`);
  return value;
}

export function checkText(value: unknown, path: string, sizeBytesMax: number): string {
  if (typeof value !== 'string') throw new Refusal('1300', `${path} must be a string`);
  if (value.length > sizeBytesMax || Buffer.byteLength(value) > sizeBytesMax) {
    throw new Refusal('1300', `${path} may have at most ${sizeBytesMax} bytes`);
  }
  return value;
}

/** Text that becomes part of a header or an envelope: control characters in it would make other fields of it. */
export function checkPlain(text: string, path: string): string {
  if (hasControls(text)) throw new Refusal('3002', `${path} has control characters`);
  return text;
}

export function hasControls(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  return /[\x00-\x08\x0a-\x1f\x7f]/.test(text);
}

export function optionalBoolean(fields: Fields, name: string, path: string): boolean | undefined {
  const value = fieldOf(fields, name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw new Refusal('1300', `${path} must be true or false`);
}

/** An object of the submitter's own, nested no deeper than DATA_DEPTH_MAX. */
export function optionalData(fields: Fields, name: string, path: string): Fields | undefined {
  const value = optionalObject(fields, name, path);
  if (value !== undefined && isDeeper(value, DATA_DEPTH_MAX)) {
    throw new Refusal('1300', `${path} is nested deeper than ${DATA_DEPTH_MAX} levels`);
  }
  return value;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value)) if (isDeeper(inner, levels - 1)) return true;
  return false;
}
