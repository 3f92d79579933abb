import { z } from 'zod';
import type { FieldKind, FieldMeta } from './field.ts';
import { configSchema } from './schema.ts';

/** One key of the configuration. */
export interface Field {
  /** As in `smtp.mxPort`. */
  readonly key: string;
  readonly path: readonly string[];
  /** As in `STAFFETTA_SMTP_MX_PORT`. */
  readonly variable: string;
  readonly kind: FieldKind;
  readonly description: string;
  /** The default as a person reads it. */
  readonly defaultText: string;
  readonly secret: boolean;
  /** A port on which something listens. */
  readonly port: boolean;
  readonly schema: z.ZodType;
}

const VARIABLE_PREFIX = 'STAFFETTA_';

/** The environment variable of a key: upper snake case, broken before a capital only. */
export function variableOf(path: readonly string[]): string {
  const words = path.map((part) => part.replaceAll(/[A-Z]/g, (capital) => `_${capital}`));
  return VARIABLE_PREFIX + words.join('_').toUpperCase();
}

/** All keys, in the order of the schema. */
export const FIELDS: readonly Field[] = fieldsOf(configSchema, []);

/** The field of an environment variable. */
export const FIELD_OF_VARIABLE: ReadonlyMap<string, Field> = new Map(
  FIELDS.map((field) => [field.variable, field]),
);

/** Whether an environment variable of this name would be a key of ours. */
export function isOurVariable(name: string): boolean {
  if (!name.startsWith(VARIABLE_PREFIX)) return false;
  return name !== 'STAFFETTA_CONFIG' && !name.startsWith('STAFFETTA_TEST_');
}

function fieldsOf(schema: z.ZodType, path: readonly string[]): Field[] {
  const section = sectionOf(schema);
  if (section === undefined) return [fieldOf(schema, path)];
  return Object.entries(section.shape).flatMap(([name, inner]) =>
    fieldsOf(inner as z.ZodType, [...path, name]),
  );
}

function sectionOf(schema: z.ZodType): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema;
  if (schema instanceof z.ZodPrefault) return sectionOf(schema.def.innerType as z.ZodType);
  return undefined;
}

function fieldOf(schema: z.ZodType, path: readonly string[]): Field {
  const meta = schema.meta() as FieldMeta | undefined;
  if (meta === undefined) throw new Error(`the key ${path.join('.')} has no description`);
  return {
    key: path.join('.'),
    path,
    variable: variableOf(path),
    kind: meta.kind,
    description: meta.description,
    defaultText: meta.defaultText ?? `\`${String(schema.parse(undefined))}\``,
    secret: meta.secret ?? false,
    port: meta.port ?? false,
    schema,
  };
}
