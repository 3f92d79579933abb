import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import type { ContentCollector } from './content-collector.ts';

/** RFC 4954 §4: AUTH lines may have 12,288 octets; everything else is far shorter. */
const LINE_MAX_BYTES = 12_288;
/** Commands of one chunk answered before other connections get their turn. */
const COMMANDS_AT_ONCE = 100;
const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const EMPTY = Buffer.alloc(0);

/** Whom a CommandStream tells what it found. Those returning false call `resume` later. */
export interface CommandSink {
  /** A line without its line end; `bareLf` where that was not CR LF. */
  onLine(line: string, bareLf: boolean): boolean;
  onLineTooLong(): void;
  /** Content came in; false gives it up. */
  onContentProgress(): void;
  /** The final dot is in. */
  onContentEnd(): boolean;
  /** Everything received so far has been worked on. */
  onIdle(): void;
  /** The peer will send no more. */
  onEnd(): void;
}

/**
 * Splits what a peer sends into commands and content. Replaces the parser of smtp-server, which takes a bare LF for a
 * line end. Here only CR LF "." CR LF ends the content, only a dot after CR LF is unstuffed (RFC 5321 §4.5.2), and
 * every other octet stays; whole chunks are searched by native code and passed on uncopied.
 */
export class CommandStream extends SMTPStream {
  readonly #sink: CommandSink;
  #chunk: Buffer = EMPTY;
  #pos = 0;
  #next: (() => void) | undefined;
  /** Start of a line whose end has not come. */
  #partialLine: Buffer = EMPTY;
  #content: ContentCollector | undefined;
  /** End of the last chunk of content that may begin a CR LF dot. */
  #held: Buffer = EMPTY;
  /** Nothing of the content has come yet: it is at the start of a line. */
  #atStart = false;

  constructor(sink: CommandSink) {
    super();
    this.#sink = sink;
  }

  /** There is more to work on in what was received. */
  get hasMore(): boolean {
    return this.#pos < this.#chunk.length;
  }

  /** What comes next is content, until the final dot. */
  startContent(content: ContentCollector): void {
    this._dataMode = true;
    this.#content = content;
    this.#held = EMPTY;
    this.#atStart = true;
  }

  /** Goes on after a sink's method that returned false. */
  resume(): void {
    let commands = 0;
    while (this.hasMore && !this.isClosed) {
      if (this.#content) {
        if (this.#readContent(this.#content) && !this.#sink.onContentEnd()) return;
        continue;
      }
      const line = this.#readLine();
      if (line === undefined) continue;
      if (!this.#sink.onLine(line.text, line.bareLf)) return;
      if (++commands === COMMANDS_AT_ONCE && this.hasMore) {
        setImmediate(() => this.resume());
        return;
      }
    }
    this.#finishChunk();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, next: () => void): void {
    this.#chunk = chunk;
    this.#pos = 0;
    this.#next = next;
    this.resume();
  }

  /** Called at the end of the input; a command without its line end is none. */
  override _flushData(): void {
    if (!this.isClosed) this.#sink.onEnd();
  }

  #finishChunk(): void {
    this.#chunk = EMPTY;
    this.#pos = 0;
    const next = this.#next;
    if (!next) return;
    this.#next = undefined;
    if (!this.isClosed) this.#sink.onIdle();
    next();
  }

  #readLine(): { readonly text: string; readonly bareLf: boolean } | undefined {
    const end = this.#chunk.indexOf(LF, this.#pos);
    const stop = end === -1 ? this.#chunk.length : end;
    let line = this.#chunk.subarray(this.#pos, stop);
    if (this.#partialLine.length > 0) line = Buffer.concat([this.#partialLine, line]);
    this.#pos = end === -1 ? stop : end + 1;
    if (line.length > LINE_MAX_BYTES) {
      this.#partialLine = EMPTY;
      this.#sink.onLineTooLong();
      return undefined;
    }
    // A copy: a few octets must not keep a whole chunk.
    this.#partialLine = end === -1 ? Buffer.from(line) : EMPTY;
    if (end === -1) return undefined;
    const bareLf = line.length === 0 || line[line.length - 1] !== CR;
    return { text: line.toString('utf8', 0, bareLf ? line.length : line.length - 1), bareLf };
  }

  /** Passes content on; true when its final dot was there. */
  #readContent(content: ContentCollector): boolean {
    let data = this.#pos === 0 ? this.#chunk : this.#chunk.subarray(this.#pos);
    if (this.#held.length > 0) data = Buffer.concat([this.#held, data]);
    this.#pos = this.#chunk.length;
    let from = 0;
    if (this.#atStart) {
      const start = readStart(data);
      if (start === 'end') return this.#endContent(data.length - 3);
      if (start === 'unknown') return this.#hold(data, 0);
      this.#atStart = false;
      from = start;
    }
    for (;;) {
      const found = data.indexOf('\r\n.', from, 'latin1');
      if (found === -1) break;
      const after = found + 3;
      if (after >= data.length || (data[after] === CR && after + 1 >= data.length)) {
        content.write(data.subarray(from, found));
        return this.#hold(data, found);
      }
      content.write(data.subarray(from, found + 2));
      if (data[after] === CR && data[after + 1] === LF) {
        return this.#endContent(data.length - after - 2);
      }
      from = after;
    }
    const keep = heldLength(data, from);
    content.write(data.subarray(from, data.length - keep));
    return this.#hold(data, data.length - keep);
  }

  #hold(data: Buffer, from: number): false {
    this.#held = from === data.length ? EMPTY : Buffer.from(data.subarray(from));
    this.#sink.onContentProgress();
    return false;
  }

  /** The rest of the chunk is commands again. */
  #endContent(restBytes: number): true {
    this.#pos = this.#chunk.length - restBytes;
    this._dataMode = false;
    this.#content = undefined;
    this.#held = EMPTY;
    return true;
  }
}

/** Octets to skip at the start of the content, whether it ends there, or `unknown` while too little is there. */
function readStart(data: Buffer): number | 'end' | 'unknown' {
  if (data[0] !== DOT) return 0;
  if (data.length === 1 || (data.length === 2 && data[1] === CR)) return 'unknown';
  return data[1] === CR && data[2] === LF ? 'end' : 1;
}

/** How many octets at the end may be the beginning of CR LF dot. */
function heldLength(data: Buffer, from: number): number {
  const last = data.length - 1;
  if (last < from) return 0;
  if (data[last] === CR) return 1;
  return data[last] === LF && last > from && data[last - 1] === CR ? 2 : 0;
}
