import type { MessageColumns, MessageRow } from '@staffetta/core';
import {
  filterHeader,
  formatBodyStructure,
  formatDateTime,
  formatEnvelope,
  locateSection,
} from '@staffetta/imap';
import type { FetchItem, SectionPlace } from '@staffetta/imap';
import { readStructure } from '@staffetta/mime';
import type { MessageStructure } from '@staffetta/mime';
import { ClientGone } from '../client-stream.ts';
import type { SelectedState } from './imap-state.ts';
import { MessageContent } from '../message-content.ts';

type SectionItem = Extract<FetchItem, { kind: 'section' }>;

/** Of a header that is looked through for fields. */
const FILTERED_HEADER_MAX_BYTES = 1_048_576;

/** Writes FETCH responses with the items asked for; bodies go through in pieces. */
export class FetchWriter {
  readonly columns: MessageColumns;
  /** Rows have costly columns. */
  readonly isHeavy: boolean;
  readonly #state: SelectedState;
  readonly #items: readonly FetchItem[];

  constructor(state: SelectedState, items: readonly FetchItem[]) {
    this.#state = state;
    this.#items = items;
    const structure = items.some(needsStructure);
    const header = items.some((item) => item.kind === 'section' && wantsHeaderOnly(item));
    this.columns = { structure, header };
    this.isHeavy = structure || items.some((item) => item.kind === 'section');
  }

  /** One response. `seenNow`: its flags changed by being fetched, so they are told. */
  async write(number: number, row: MessageRow, seenNow: boolean): Promise<void> {
    const { client, options, accountId } = this.#state;
    const content = new MessageContent(options.store, accountId, row);
    const structure = this.columns.structure === true ? readStructure(row.structure) : undefined;
    let separator = `* ${number} FETCH (`;
    for (const item of this.#items) {
      client.write(separator);
      separator = ' ';
      if (item.kind === 'section') await this.#section(item, row, content, structure);
      else client.write(this.#simple(item.kind, row, structure));
    }
    const flagsTold = this.#items.some((item) => item.kind === 'flags');
    if (seenNow && !flagsTold) client.write(` ${this.#state.selected.formatFlags(row)}`);
    client.write(')\r\n');
    await client.drained();
  }

  #simple(
    kind: Exclude<FetchItem['kind'], 'section'>,
    row: MessageRow,
    structure: MessageStructure | undefined,
  ): string {
    switch (kind) {
      case 'flags':
        return this.#state.selected.formatFlags(row);
      case 'uid':
        return `UID ${row.uid}`;
      case 'internaldate':
        return `INTERNALDATE "${formatDateTime(row.internalDateMs)}"`;
      case 'size':
        return `RFC822.SIZE ${row.sizeBytes}`;
      case 'envelope':
        return `ENVELOPE ${structure === undefined ? '' : formatEnvelope(structure.envelope)}`;
      case 'body':
      case 'bodystructure': {
        const extended = kind === 'bodystructure';
        const shown = structure === undefined ? '' : formatBodyStructure(structure.root, extended);
        return `${kind.toUpperCase()} ${shown}`;
      }
    }
  }

  async #section(
    item: SectionItem,
    row: MessageRow,
    content: MessageContent,
    structure: MessageStructure | undefined,
  ): Promise<void> {
    const place =
      structure === undefined
        ? placeInMessage(item, row, content.bodyBytes)
        : locateSection(structure, item.section);
    if (place === undefined) {
      this.#state.client.write(`${item.label} NIL`);
      return;
    }
    const { what } = item.section;
    const prefix = place.withPrefix ? row.prefix : NOTHING;
    if (what !== 'fields' && what !== 'fields-not') {
      await this.#octets(item, prefix, place, content);
      return;
    }
    const header = await content.read(place.start, place.end, FILTERED_HEADER_MAX_BYTES);
    const whole = prefix.toString('latin1') + header.toString('latin1');
    const filtered = Buffer.from(filterHeader(whole, item.section), 'latin1');
    await this.#octets(item, filtered, { start: 0, end: 0 }, content);
  }

  /** The literal: octets of `before`, then of the place in the body; of both, what the partial asks for. */
  async #octets(
    item: SectionItem,
    before: Buffer,
    place: Pick<SectionPlace, 'start' | 'end'>,
    content: MessageContent,
  ): Promise<void> {
    const { client } = this.#state;
    const totalBytes = before.length + place.end - place.start;
    const from = Math.min(totalBytes, item.partial?.offset ?? 0);
    const to = Math.min(totalBytes, from + (item.partial?.lengthBytes ?? totalBytes));
    client.write(`${item.label} {${to - from}}\r\n`);
    client.writeOctets(before.subarray(from, to));
    const start = place.start + Math.max(0, from - before.length);
    const end = place.start + Math.max(0, to - before.length);
    try {
      for await (const piece of content.octets(start, end)) {
        client.writeOctets(piece);
        await client.drained();
      }
    } catch (error) {
      // Within a literal nothing else can be said any more.
      client.destroy();
      if (!(error instanceof ClientGone)) this.#state.options.onError(error);
      throw new ClientGone('a message could not be sent whole', { cause: error });
    }
  }
}

const NOTHING = Buffer.alloc(0);

function needsStructure(item: FetchItem): boolean {
  if (item.kind === 'section') return item.section.part.length > 0;
  return item.kind === 'envelope' || item.kind === 'body' || item.kind === 'bodystructure';
}

function wantsHeaderOnly({ section }: SectionItem): boolean {
  const { part, what } = section;
  return part.length === 0 && (what === 'header' || what === 'fields' || what === 'fields-not');
}

/** Where a section of the message itself lies; its structure is not needed for that. */
function placeInMessage(
  { section }: SectionItem,
  row: MessageRow,
  bodyBytes: number,
): SectionPlace {
  const { what } = section;
  if (what === 'content') return { start: 0, end: bodyBytes, withPrefix: true };
  if (what === 'text') return { start: row.bodyHeaderBytes, end: bodyBytes, withPrefix: false };
  return { start: 0, end: row.bodyHeaderBytes, withPrefix: true };
}
