import type { NewMessage } from '@staffetta/core';
import { analyze, writeStructure } from '@staffetta/mime';
import type { MessageStructure } from '@staffetta/mime';

/** A body with what is computed of it once, however many mailboxes it goes to. */
export type AnalyzedBody = Pick<NewMessage, 'body' | 'bodyHeaderBytes' | 'structure'>;

/** Walks the body's MIME structure. */
export function analyzeBody(
  body: Buffer,
  structure: MessageStructure = analyze(body),
): AnalyzedBody {
  return { body, bodyHeaderBytes: structure.root.bodyStart, structure: writeStructure(structure) };
}

const REMEMBERED_MAX = 32;
const REMEMBERED_BODY_BYTES = 262_144;

/** The last bodies by message id: a message to many accounts comes as a record for each. */
export class AnalyzedBodies {
  readonly #recent = new Map<string, AnalyzedBody>();

  async get(messageId: string, read: () => Promise<Buffer>): Promise<AnalyzedBody> {
    const known = this.#recent.get(messageId);
    if (known !== undefined) return known;
    const analyzed = analyzeBody(await read());
    if (analyzed.body.length <= REMEMBERED_BODY_BYTES) {
      this.#recent.set(messageId, analyzed);
      if (this.#recent.size > REMEMBERED_MAX) {
        this.#recent.delete(this.#recent.keys().next().value!);
      }
    }
    return analyzed;
  }
}
