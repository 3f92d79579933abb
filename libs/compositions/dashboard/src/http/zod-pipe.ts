import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { Problem } from './problem.ts';

/** Checks what came in against a schema; unknown keys are errors where the schema is strict. */
export class ZodPipe<Schema extends z.ZodType> implements PipeTransform<unknown, z.output<Schema>> {
  readonly #schema: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  transform(value: unknown): z.output<Schema> {
    const parsed = this.#schema.safeParse(value ?? {});
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') ?? '';
    throw new Problem(400, `${field || 'the request'}: ${issue?.message ?? 'is wrong'}`, field);
  }
}
