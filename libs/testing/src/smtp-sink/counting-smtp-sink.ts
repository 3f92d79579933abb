import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

const FINAL_DOT = Buffer.from('\r\n.\r\n');
const LINE_END = Buffer.from('\r\n');
const DATA = 68;
const QUIT = 81;
const HELLO = 69;

export interface CountingSmtpSinkOptions {
  /** 0, the default, for a free one. */
  readonly port?: number;
  readonly extensions?: readonly string[];
}

/** An SMTP server that takes everything, keeps nothing and counts: fast, for measuring clients. */
export class CountingSmtpSink {
  messages = 0;
  connections = 0;
  readonly #hello: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: CountingSmtpSinkOptions) {
    const lines = ['sink.test', ...(options.extensions ?? ['PIPELINING', '8BITMIME', 'SIZE 0'])];
    this.#hello = lines
      .map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}`)
      .join('\r\n');
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  static async start(options: CountingSmtpSinkOptions = {}): Promise<CountingSmtpSink> {
    const sink = new CountingSmtpSink(options);
    sink.#server.listen({ port: options.port ?? 0, host: '127.0.0.1', backlog: 1024 });
    await once(sink.#server, 'listening');
    return sink;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write('220 sink.test ESMTP\r\n');
    let inContent = false;
    // The octets that may be the beginning of what is searched.
    let kept: Buffer | undefined;
    socket.on('data', (chunk: Buffer) => {
      let octets = kept === undefined ? chunk : Buffer.concat([kept, chunk]);
      kept = undefined;
      let replies = '';
      for (;;) {
        const mark = inContent ? FINAL_DOT : LINE_END;
        const at = octets.indexOf(mark);
        if (at < 0) break;
        if (inContent) {
          this.messages += 1;
          inContent = false;
          replies += '250 2.0.0 Ok: queued\r\n';
        } else if (octets[0] === DATA) {
          inContent = true;
          replies += '354 Go on\r\n';
          // The line end stays: content may be a dot alone.
          octets = octets.subarray(at);
          continue;
        } else if (octets[0] === QUIT) {
          socket.end(`${replies}221 2.0.0 Bye\r\n`);
          return;
        } else {
          replies += octets[0] === HELLO ? `${this.#hello}\r\n` : '250 2.0.0 Ok\r\n';
        }
        octets = octets.subarray(at + mark.length);
      }
      if (octets.length > 0) kept = inContent ? octets.subarray(-4) : octets;
      if (replies !== '') socket.write(replies, 'latin1');
    });
  }
}
