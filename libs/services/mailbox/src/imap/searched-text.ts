import type { MessageRow } from '@staffetta/core';
import {
  decodeCharset,
  decodeHeaderText,
  decodeTransferEncoding,
  headerFields,
  parameter,
  readStructure,
  unfold,
} from '@staffetta/mime';
import type { MimePart } from '@staffetta/mime';
import type { MessageContent } from '../message-content.ts';

/** Octets of one part, and of all of a message, that are looked through. */
export const SEARCHED_PART_MAX_BYTES = 1_048_576;
export const SEARCHED_MESSAGE_MAX_BYTES = 4_194_304;

/** A message's text as SEARCH compares it: decoded, in lower case, read only when asked for. */
export class SearchedText {
  readonly #row: MessageRow;
  readonly #content: MessageContent;
  #fields: readonly { readonly name: string; readonly value: string }[] | undefined;

  constructor(row: MessageRow, content: MessageContent) {
    this.#row = row;
    this.#content = content;
  }

  /** Values of all fields of a name (lower case). */
  async values(name: string): Promise<string[]> {
    const fields = await this.#header();
    return fields.filter((field) => field.name === name).map((field) => field.value);
  }

  async headerIncludes(text: string): Promise<boolean> {
    const fields = await this.#header();
    return fields.some(({ name, value }) => `${name}: ${value}`.includes(text));
  }

  /** Whether one of its text parts, also those of enclosed messages, has the text. */
  async bodyIncludes(text: string): Promise<boolean> {
    let leftBytes = SEARCHED_MESSAGE_MAX_BYTES;
    for (const part of textParts(readStructure(this.#row.structure).root)) {
      const bytesMax = Math.min(leftBytes, SEARCHED_PART_MAX_BYTES);
      const octets = await this.#content.read(part.bodyStart, part.end, bytesMax);
      leftBytes -= octets.length;
      const decoded = decodeTransferEncoding(octets, part.encoding);
      const charset = parameter(part.params, 'charset') ?? '';
      if (decodeCharset(decoded, charset).toLowerCase().includes(text)) return true;
      if (leftBytes <= 0) return false;
    }
    return false;
  }

  async #header(): Promise<readonly { readonly name: string; readonly value: string }[]> {
    if (this.#fields !== undefined) return this.#fields;
    const { prefix, bodyHeaderBytes } = this.#row;
    const octets = await this.#content.read(0, bodyHeaderBytes, SEARCHED_PART_MAX_BYTES);
    const header = prefix.toString('latin1') + octets.toString('latin1');
    this.#fields = headerFields(header).map((field) => ({
      name: field.name,
      value: decodeHeaderText(unfold(header, field)).toLowerCase(),
    }));
    return this.#fields;
  }
}

function* textParts(part: MimePart): Generator<MimePart> {
  if (part.message !== undefined) yield* textParts(part.message.root);
  else if (part.parts !== undefined) for (const child of part.parts) yield* textParts(child);
  else if (part.type === 'text') yield part;
}
