/** A JSON schema of draft 7, which Helm 3 and 4 both read. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** An object with these properties and no others. */
export function section(
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  return { type: 'object', description, additionalProperties: false, properties };
}

/** A text; with a pattern, one of that shape. */
export function text(description: string, pattern?: string): JsonSchema {
  return { type: 'string', description, ...(pattern === undefined ? {} : { pattern }) };
}

/** `true` or `false`. */
export function flag(description: string): JsonSchema {
  return { type: 'boolean', description };
}

/** A whole number within bounds. */
export function integer(description: string, minimum: number, maximum: number): JsonSchema {
  return { type: 'integer', description, minimum, maximum };
}

/** One of some words. */
export function choice(description: string, words: readonly string[]): JsonSchema {
  return { type: 'string', description, enum: words };
}

/** A list of what `items` describes. */
export function list(description: string, items: JsonSchema, minItems = 0): JsonSchema {
  return { type: 'array', description, items, minItems };
}

/** Texts by names that somebody else chooses, such as annotations. */
export function texts(description: string): JsonSchema {
  return { type: 'object', description, additionalProperties: { type: 'string' } };
}

/** An object of Kubernetes, whose shape its API server checks. */
export function kubernetesObject(description: string): JsonSchema {
  return { type: 'object', description };
}
