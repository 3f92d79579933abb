import { delimitedParts } from './delimited-parts.ts';
import type { Region, ScanBudget } from './delimited-parts.ts';
import { envelopeOf } from './envelope.ts';
import type { HeaderValues } from './envelope.ts';
import { headerEnd, headerFields, unfold } from './header.ts';
import { LineCounts } from './line-counts.ts';
import { parameter, parseParameterised } from './parameterised.ts';
import type { MessageStructure, MimePart } from './structure.ts';

/** Deeper parts are shown as one octet stream. */
export const PART_DEPTH_MAX = 100;
/** Parts of one message; further ones are part of the last. */
export const PARTS_MAX = 10_000;
/** Octets of one header that are analysed. */
export const HEADER_ANALYSED_MAX_BYTES = 262_144;
/** Octets of one field's value that are kept. */
export const FIELD_VALUE_MAX_BYTES = 32_768;
/** Octets of all kept values of a message; fields beyond it count as absent. */
export const STRUCTURE_TEXT_MAX_BYTES = 131_072;

interface Walk {
  readonly raw: Buffer;
  readonly budget: ScanBudget;
  readonly lines: LineCounts;
  textBytes: number;
}

type Draft = { -readonly [Key in keyof MimePart]: MimePart[Key] };

const KEPT = new Set([
  ...['content-type', 'content-transfer-encoding', 'content-id', 'content-description'],
  ...['content-md5', 'content-disposition', 'content-language', 'content-location'],
]);
const KEPT_OF_MESSAGE = new Set([
  ...KEPT,
  ...['date', 'subject', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc'],
  ...['in-reply-to', 'message-id'],
]);

/** Walks a message's MIME structure once (RFC 2045, 2046). Never throws; its cost is bounded by the message's size. */
export function analyze(raw: Buffer): MessageStructure {
  const walk: Walk = {
    raw,
    budget: { partsLeft: PARTS_MAX, bytesLeft: 16 * raw.length + 1_000_000 },
    lines: new LineCounts(),
    textBytes: 0,
  };
  const message = walkMessage(walk, { start: 0, end: raw.length }, 0);
  walk.lines.resolve(raw);
  return message;
}

function walkMessage(walk: Walk, region: Region, depth: number): MessageStructure {
  const bodyStart = headerEnd(walk.raw, region.start, region.end);
  const values = keptValues(walk, region.start, bodyStart, KEPT_OF_MESSAGE);
  const root = walkPart(walk, { ...region, bodyStart }, values, 'text/plain', depth);
  return { envelope: envelopeOf(values), root };
}

function walkPart(
  walk: Walk,
  region: Region & { readonly bodyStart: number },
  values: HeaderValues,
  defaultType: string,
  depth: number,
): MimePart {
  const declared = parseParameterised(values.get('content-type')?.[0] ?? '');
  const known = /^[^/]+\/[^/]+$/.test(declared.value);
  const [type, subtype] = (known ? declared.value : defaultType).split('/') as [string, string];
  const part: Draft = {
    start: region.start,
    bodyStart: region.bodyStart,
    end: region.end,
    lines: 0,
    type,
    subtype,
    params: known ? declared.params : type === 'text' ? ['charset', 'us-ascii'] : [],
    encoding: encodingOf(values),
    ...described(values),
  };
  if (type === 'multipart' || (type === 'message' && subtype === 'rfc822')) {
    if (depth >= PART_DEPTH_MAX) return { ...part, type: 'application', subtype: 'octet-stream' };
    if (type === 'multipart') part.parts = walkChildren(walk, part, depth);
    else part.message = walkMessage(walk, { start: part.bodyStart, end: part.end }, depth + 1);
  }
  if (type === 'text' || part.message !== undefined) walk.lines.count(part);
  return part;
}

function walkChildren(walk: Walk, part: Draft, depth: number): MimePart[] {
  const boundary = parameter(part.params, 'boundary');
  const content = { start: part.bodyStart, end: part.end };
  const regions =
    boundary === undefined ? [] : delimitedParts(walk.raw, content, boundary, walk.budget);
  // BODYSTRUCTURE needs a part in each multipart; what has no delimiter is shown as the text it is to old readers.
  if (regions.length === 0) {
    return [
      walkPart(walk, { ...content, bodyStart: content.start }, new Map(), 'text/plain', depth + 1),
    ];
  }
  const defaultType = part.subtype === 'digest' ? 'message/rfc822' : 'text/plain';
  return regions.map((region) => {
    const bodyStart = headerEnd(walk.raw, region.start, region.end);
    const values = keptValues(walk, region.start, bodyStart, KEPT);
    return walkPart(walk, { ...region, bodyStart }, values, defaultType, depth + 1);
  });
}

function keptValues(walk: Walk, start: number, end: number, kept: Set<string>): HeaderValues {
  const values = new Map<string, string[]>();
  const header = walk.raw.toString(
    'latin1',
    start,
    Math.min(end, start + HEADER_ANALYSED_MAX_BYTES),
  );
  for (const field of headerFields(header)) {
    if (!kept.has(field.name)) continue;
    const value = unfold(header, field).slice(0, FIELD_VALUE_MAX_BYTES);
    walk.textBytes += value.length;
    if (walk.textBytes > STRUCTURE_TEXT_MAX_BYTES) break;
    const others = values.get(field.name);
    if (others === undefined) values.set(field.name, [value]);
    else others.push(value);
  }
  return values;
}

function encodingOf(values: HeaderValues): string {
  const value = parseParameterised(values.get('content-transfer-encoding')?.[0] ?? '').value;
  return value === '' ? '7bit' : value;
}

function described(values: HeaderValues): Partial<MimePart> {
  const text = (name: string): string | undefined => values.get(name)?.[0];
  const id = text('content-id');
  const description = text('content-description');
  const md5 = text('content-md5');
  const location = text('content-location');
  const language = text('content-language')
    ?.split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  const disposition = parseParameterised(text('content-disposition') ?? '');
  return {
    ...(id !== undefined && { id }),
    ...(description !== undefined && { description }),
    ...(md5 !== undefined && { md5 }),
    ...(disposition.value !== '' && { disposition }),
    ...(language !== undefined && language.length > 0 && { language }),
    ...(location !== undefined && { location }),
  };
}
