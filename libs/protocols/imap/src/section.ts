import type { MessageStructure, MimePart } from '@staffetta/mime';
import { headerFields } from '@staffetta/mime';

/** Which octets of a message BODY[…] asks for (RFC 3501 §6.4.5). */
export interface Section {
  /** Part numbers, from the outside in; empty for the message itself. */
  readonly part: readonly number[];
  readonly what: 'content' | 'header' | 'fields' | 'fields-not' | 'text' | 'mime';
  /** Of `fields` and `fields-not`: names in lower case. */
  readonly fields: readonly string[];
}

/** Where a section lies: octets of the body, and whether the recipient's own fields stand before them. */
export interface SectionPlace {
  readonly start: number;
  readonly end: number;
  readonly withPrefix: boolean;
}

/** Where the section lies; undefined where the message has no such part. */
export function locateSection(
  structure: MessageStructure,
  section: Section,
): SectionPlace | undefined {
  if (section.part.length === 0) return locateInMessage(structure.root, section, true);
  const part = findPart(structure.root, section.part);
  if (part === undefined) return undefined;
  if (section.what === 'content') return place(part.bodyStart, part.end);
  if (section.what === 'mime') return place(part.start, part.bodyStart);
  return part.message === undefined
    ? undefined
    : locateInMessage(part.message.root, section, false);
}

function locateInMessage(
  root: MimePart,
  { what }: Section,
  withPrefix: boolean,
): SectionPlace | undefined {
  if (what === 'mime') return undefined;
  if (what === 'content') return place(root.start, root.end, withPrefix);
  if (what === 'text') return place(root.bodyStart, root.end);
  return place(root.start, root.bodyStart, withPrefix);
}

function place(start: number, end: number, withPrefix = false): SectionPlace {
  return { start, end, withPrefix };
}

/** A message that is no multipart has one part, its content, with the number 1. */
function findPart(root: MimePart, path: readonly number[]): MimePart | undefined {
  let part: MimePart | undefined = { ...root, message: { envelope: NO_ENVELOPE, root } };
  for (const number of path) part = part === undefined ? undefined : childPart(part, number);
  return part;
}

const NO_ENVELOPE: MessageStructure['envelope'] = {
  ...{ date: null, subject: null, inReplyTo: null, messageId: null },
  ...{ from: [], sender: [], replyTo: [], to: [], cc: [], bcc: [] },
};

function childPart(part: MimePart, number: number): MimePart | undefined {
  if (part.message === undefined) return part.parts?.[number - 1];
  const { root } = part.message;
  if (root.parts !== undefined) return root.parts[number - 1];
  return number === 1 ? root : undefined;
}

/** The fields asked for (or all others), as they stand in the header, with the empty line. Texts in latin1. */
export function filterHeader(header: string, section: Section): string {
  const names = new Set(section.fields);
  const kept = headerFields(header, Infinity)
    .filter((field) => names.has(field.name) === (section.what === 'fields'))
    .map((field) => header.slice(field.start, field.end));
  return `${kept.join('')}\r\n`;
}
