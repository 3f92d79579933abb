import type { Envelope } from './envelope.ts';

/** A part of a message: its octets, and what BODYSTRUCTURE shows of it. Offsets count from the start of the body. */
export interface MimePart {
  /** Where its MIME header starts. */
  readonly start: number;
  /** Where its content starts, after the empty line. */
  readonly bodyStart: number;
  readonly end: number;
  /** Line ends in the content; of text and of enclosed messages only, else 0. */
  readonly lines: number;
  /** Lower case, as is the subtype. */
  readonly type: string;
  readonly subtype: string;
  readonly params: readonly string[];
  readonly encoding: string;
  readonly id?: string;
  readonly description?: string;
  readonly md5?: string;
  readonly disposition?: { readonly value: string; readonly params: readonly string[] };
  readonly language?: readonly string[];
  readonly location?: string;
  /** Of a multipart: at least one. */
  readonly parts?: readonly MimePart[];
  /** Of a message/rfc822. */
  readonly message?: { readonly envelope: Envelope; readonly root: MimePart };
}

/** All that is computed of a message once, when it comes in. */
export interface MessageStructure {
  readonly envelope: Envelope;
  /** `root.bodyStart` is the size of the header. */
  readonly root: MimePart;
}

const FORMAT_VERSION = 1;

/** As text to be kept; without NUL characters. */
export function writeStructure(structure: MessageStructure): string {
  return JSON.stringify({ v: FORMAT_VERSION, ...structure });
}

/** What `writeStructure` wrote. */
export function readStructure(text: string): MessageStructure {
  const value = JSON.parse(text) as MessageStructure & { readonly v: number };
  if (value.v !== FORMAT_VERSION) throw new Error(`message structure of version ${value.v}`);
  return value;
}
