/**
 * An SMTP server that takes everything and remembers each message by its `X-Id` field and when its final dot
 * came. It can be slow on purpose. For exact bytes and for measuring, use servers nobody here wrote.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

const ID = /^X-Id: (.+?)\r$/m;
const HEADER_MAX_BYTES = 64 * 1024;

export interface RecordingSinkOptions {
  readonly host?: string;
  readonly port: number;
  /** Wait this long before the reply to the final dot. */
  readonly delayMs?: number;
}

export class RecordingSink {
  /** When each message came, by `X-Id`, in milliseconds since the epoch; more than one is a double. */
  readonly arrivals = new Map<string, number[]>();
  /** The most connections that were open at once. */
  connectionsMax = 0;
  total = 0;
  readonly port: number;
  readonly #server: Server;
  readonly #delayMs: number;
  readonly #sockets = new Set<Socket>();

  private constructor(options: RecordingSinkOptions) {
    this.port = options.port;
    this.#delayMs = options.delayMs ?? 0;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(options: RecordingSinkOptions): Promise<RecordingSink> {
    const sink = new RecordingSink(options);
    await new Promise<void>((resolve, reject) => {
      sink.#server.once('error', reject);
      sink.#server.listen(options.port, options.host ?? '127.0.0.1', 1024, resolve);
    });
    return sink;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    this.connectionsMax = Math.max(this.connectionsMax, this.#sockets.size);
    socket.on('close', () => this.#sockets.delete(socket));
    // A sender that is killed resets its connections.
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    socket.write('220 sink.test ESMTP\r\n');
    let pending = '';
    let isData = false;
    const takeLine = (): boolean => {
      const end = pending.indexOf('\r\n');
      if (end < 0) return false;
      const line = pending.slice(0, end);
      pending = pending.slice(end + 2);
      isData = /^DATA$/i.test(line);
      socket.write(reply(line));
      if (/^QUIT/i.test(line)) socket.end();
      return true;
    };
    const takeContent = (): boolean => {
      const end = pending.indexOf('\r\n.\r\n');
      if (end < 0) return false;
      this.#record(pending.slice(0, Math.min(end + 2, HEADER_MAX_BYTES)));
      pending = pending.slice(end + 5);
      isData = false;
      setTimeout(() => socket.write('250 2.0.0 Ok\r\n'), this.#delayMs);
      return true;
    };
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1');
      while (isData ? takeContent() : takeLine());
    });
  }

  #record(text: string): void {
    this.total += 1;
    // Only the header: a DSN carries the fields of another message in its body.
    const id = ID.exec(text.slice(0, text.indexOf('\r\n\r\n') + 2))?.[1];
    if (id === undefined) return;
    const times = this.arrivals.get(id);
    if (times === undefined) this.arrivals.set(id, [Date.now()]);
    else times.push(Date.now());
  }
}

function reply(line: string): string {
  const verb = line.slice(0, 4).toUpperCase();
  if (verb === 'EHLO')
    return '250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n';
  if (verb === 'DATA') return '354 Go on\r\n';
  if (verb === 'QUIT') return '221 2.0.0 Bye\r\n';
  return '250 2.0.0 Ok\r\n';
}
