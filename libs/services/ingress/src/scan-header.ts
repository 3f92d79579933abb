import { decodeHeaderText } from '@staffetta/mime';

const SUBJECT_MAX_CHARS = 200;
/** Of a raw Subject no more is decoded: encoded words take up to about ten octets a character. */
const SUBJECT_RAW_MAX = 2_000;
const CLASS_FIELD = 'x-staffetta-class';

/** What the doors need to know of a header. */
export interface HeaderScan {
  readonly receivedFields: number;
  readonly hasDate: boolean;
  readonly hasMessageId: boolean;
  /** Decoded for display, at most 200 characters. */
  readonly subject: string;
  /** X-Staffetta-Class fields: where each begins and ends (behind its line end), and whether one says `bulk`. */
  readonly classFields: readonly { readonly from: number; readonly to: number }[];
  readonly saysBulk: boolean;
}

/** Looks once through a header section given as latin1, so that offsets are octets. */
export function scanHeader(header: string): HeaderScan {
  let receivedFields = 0;
  let hasDate = false;
  let hasMessageId = false;
  let saysBulk = false;
  let subject = '';
  const classFields: { from: number; to: number }[] = [];
  for (let from = 0; from < header.length;) {
    const to = fieldEnd(header, from);
    // The first letter, in lower case: most fields are passed over by it alone.
    switch (header.charCodeAt(from) | 0x20) {
      case 0x72:
        if (isField(header, from, 'received')) receivedFields += 1;
        break;
      case 0x64:
        hasDate ||= isField(header, from, 'date');
        break;
      case 0x6d:
        hasMessageId ||= isField(header, from, 'message-id');
        break;
      case 0x73:
        if (subject === '' && isField(header, from, 'subject')) subject = header.slice(from, to);
        break;
      case 0x78:
        if (isField(header, from, CLASS_FIELD)) {
          classFields.push({ from, to });
          saysBulk ||= valueOf(header.slice(from, to)).toLowerCase() === 'bulk';
        }
        break;
    }
    from = to;
  }
  return {
    receivedFields,
    hasDate,
    hasMessageId,
    saysBulk,
    classFields,
    subject: displaySubject(subject),
  };
}

/** Behind the line end of the field's last line. */
function fieldEnd(header: string, from: number): number {
  for (let at = from; ;) {
    const end = header.indexOf('\r\n', at);
    if (end === -1) return header.length;
    const next = header.charCodeAt(end + 2);
    if (next !== 0x20 && next !== 0x09) return end + 2;
    at = end + 2;
  }
}

function isField(header: string, from: number, name: string): boolean {
  let end = from + name.length;
  while (header.charCodeAt(end) === 0x20 || header.charCodeAt(end) === 0x09) end += 1;
  return header[end] === ':' && header.slice(from, from + name.length).toLowerCase() === name;
}

function valueOf(field: string): string {
  return field
    .slice(field.indexOf(':') + 1)
    .replace(/\r\n(?=[ \t])/g, '')
    .trim();
}

function displaySubject(field: string): string {
  if (field === '') return '';
  const text = decodeHeaderText(valueOf(field.slice(0, SUBJECT_RAW_MAX)));
  const clean = text.replace(/[\0-\x1f\x7f-\x9f]+/g, ' ').trim();
  return clean.length <= SUBJECT_MAX_CHARS
    ? clean
    : clean.slice(0, SUBJECT_MAX_CHARS).toWellFormed();
}
