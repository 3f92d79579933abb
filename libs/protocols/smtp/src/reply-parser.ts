import type { ParsedReply } from './reply.ts';

/** Longest line of a reply, in octets; RFC 5321 §4.5.3.1.5 promises 512. */
export const REPLY_LINE_MAX_BYTES = 4_096;
/** Most octets and lines of one reply. */
export const REPLY_MAX_BYTES = 65_536;
export const REPLY_LINES_MAX = 512;

/** A line that no SMTP server would send; the session cannot go on. */
export interface ReplyFault {
  readonly fault: string;
}

const CR = 13;
const SPACE = 32;
const HYPHEN = 45;

/**
 * Cuts a server's octets into replies (RFC 5321 §4.2), any number of them in any pieces. Lines may end with a bare LF.
 * Octets above 127 stay as they are (one character each) until `toSmtpReply`.
 */
export class SmtpReplyParser {
  #text = '';
  #at = 0;
  #lines: string[] = [];
  #sizeBytes = 0;

  /** Takes what was received; `next` then gives the replies in it. */
  push(chunk: Buffer): void {
    const text = chunk.toString('latin1');
    this.#text = this.#at < this.#text.length ? this.#text.slice(this.#at) + text : text;
    this.#at = 0;
  }

  /** The next complete reply, a fault, or undefined until there is more. After a fault the session is lost. */
  next(): ParsedReply | ReplyFault | undefined {
    for (;;) {
      const lf = this.#text.indexOf('\n', this.#at);
      if (lf < 0) return this.#waiting();
      const end = lf > this.#at && this.#text.charCodeAt(lf - 1) === CR ? lf - 1 : lf;
      const line = this.#text.slice(this.#at, end);
      this.#at = lf + 1;
      const done = this.#take(line);
      if (done !== undefined) return done;
    }
  }

  /** Whether something was received that is not part of a reply already given. */
  get pending(): boolean {
    return this.#at < this.#text.length || this.#lines.length > 0;
  }

  /** Forgets what was received and not read: nothing said before TLS counts after it (CVE-2011-0411). */
  drop(): void {
    this.#text = '';
    this.#at = 0;
    this.#lines = [];
    this.#sizeBytes = 0;
  }

  #waiting(): ReplyFault | undefined {
    const waiting = this.#text.length - this.#at;
    return waiting > REPLY_LINE_MAX_BYTES ? { fault: 'a reply line without end' } : undefined;
  }

  #take(line: string): ParsedReply | ReplyFault | undefined {
    if (line.length > REPLY_LINE_MAX_BYTES) return { fault: 'a reply line too long' };
    const code = codeOf(line);
    if (code === 0) return { fault: `not a reply: ${quoted(line)}` };
    const more = line.charCodeAt(3) === HYPHEN;
    const text = line.slice(4);
    if (!more && this.#lines.length === 0) return { code, lines: [text] };
    this.#lines.push(text);
    this.#sizeBytes += line.length;
    if (this.#sizeBytes > REPLY_MAX_BYTES || this.#lines.length > REPLY_LINES_MAX)
      return { fault: 'a reply without end' };
    return more ? undefined : this.#whole(code);
  }

  #whole(code: number): ParsedReply {
    const lines = this.#lines;
    this.#lines = [];
    this.#sizeBytes = 0;
    return { code, lines };
  }
}

/** One whole reply in a string, with or without the last line end; undefined where it is none. */
export function parseReply(text: string): ParsedReply | undefined {
  const parser = new SmtpReplyParser();
  parser.push(Buffer.from(text.endsWith('\n') ? text : `${text}\r\n`, 'utf8'));
  const reply = parser.next();
  return reply === undefined || 'fault' in reply || parser.pending ? undefined : reply;
}

/** 200 to 599, followed by blank, hyphen or nothing; else 0. */
function codeOf(line: string): number {
  const hundreds = line.charCodeAt(0) - 48;
  const tens = line.charCodeAt(1) - 48;
  const ones = line.charCodeAt(2) - 48;
  if (!(hundreds >= 2 && hundreds <= 5 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9))
    return 0;
  const separator = line.length > 3 ? line.charCodeAt(3) : SPACE;
  if (separator !== SPACE && separator !== HYPHEN) return 0;
  return hundreds * 100 + tens * 10 + ones;
}

function quoted(line: string): string {
  return JSON.stringify(line.slice(0, 80));
}
