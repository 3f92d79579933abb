/** Postfix's smtp-sink: counts what it is given, or keeps each message in a file. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ServerProcess } from './server-process.ts';
import { tempFolder } from './temp-folder.ts';
import type { TempFolder } from './temp-folder.ts';
import { answers, waitFor } from './wait.ts';

const START_TIMEOUT_MS = 5_000;
const SESSIONS_MAX = 1_000;
const COUNTER_MAX_BYTES = 512;

export interface SinkOptions {
  readonly host?: string;
  readonly port: number;
  /** Keep every message; slow, so not for measuring. */
  readonly keep?: boolean;
  readonly options?: readonly string[];
}

/** One message as smtp-sink kept it. Line ends were CRLF on the wire and are given back as such. */
export interface KeptMessage {
  readonly mailArgs: string;
  readonly rcptArgs: readonly string[];
  readonly content: Buffer;
}

export class SmtpSink {
  readonly host: string;
  readonly port: number;
  readonly process: ServerProcess;
  readonly #folder: TempFolder;

  private constructor(host: string, port: number, process: ServerProcess, folder: TempFolder) {
    this.host = host;
    this.port = port;
    this.process = process;
    this.#folder = folder;
  }

  static async start(options: SinkOptions): Promise<SmtpSink> {
    const host = options.host ?? '127.0.0.1';
    const folder = tempFolder('sink', true);
    const dump = options.keep === true ? ['-d', `${folder.path}/mail.`] : ['-c'];
    // As root it must give its rights away.
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const limits = ['-m', String(SESSIONS_MAX)];
    const sink = await ServerProcess.start({
      command: [
        'smtp-sink',
        ...user,
        ...limits,
        ...dump,
        ...(options.options ?? []),
        `${host}:${options.port}`,
        '1024',
      ],
      logFile: join(folder.path, 'log'),
    });
    await waitFor('smtp-sink listens', START_TIMEOUT_MS, () => {
      if (sink.hasExited) throw new Error(`smtp-sink ended: ${sink.log()}`);
      return answers(options.port, host);
    });
    return new SmtpSink(host, options.port, sink, folder);
  }

  /** Messages taken so far. */
  count(): number {
    return Number(lastMatch(/mesg=(\d+)/g, endOfFile(this.process.logFile)) ?? 0);
  }

  /** Kept messages; one that is being received may be there in part. */
  messages(): KeptMessage[] {
    return readdirSync(this.#folder.path)
      .filter((name) => name.startsWith('mail.'))
      .map((name) => parse(readFileSync(join(this.#folder.path, name))));
  }

  async stop(): Promise<void> {
    await this.process.stop();
    this.#folder.stop();
  }
}

/**
 * A kept message is: X-Client-Addr, X-Client-Proto, X-Helo-Args, X-Mail-Args, X-Rcpt-Args…, a Received field
 * of three lines, what the client sent without any CR, and one empty line.
 */
function parse(dump: Buffer): KeptMessage {
  const text = dump.toString('latin1');
  const received = text.indexOf('\nReceived: from ') + 1;
  const own = text.slice(0, received);
  let begin = received;
  for (let line = 0; line < 3; line += 1) begin = text.indexOf('\n', begin) + 1;
  const content = text.slice(begin, -1).replaceAll('\n', '\r\n');
  return {
    mailArgs: /^X-Mail-Args: (.*)$/m.exec(own)?.[1] ?? '',
    rcptArgs: [...own.matchAll(/^X-Rcpt-Args: (.*)$/gm)].map((match) => match[1] ?? ''),
    content: Buffer.from(content, 'latin1'),
  };
}

/** The counter stands at the end; the file grows by a line a message. */
function endOfFile(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const end = Buffer.alloc(Math.min(size, COUNTER_MAX_BYTES));
    readSync(file, end, 0, end.length, size - end.length);
    return end.toString('latin1');
  } finally {
    closeSync(file);
  }
}

function lastMatch(pattern: RegExp, text: string): string | undefined {
  let last: string | undefined;
  for (const match of text.matchAll(pattern)) last = match[1];
  return last;
}
