/**
 * An SMTP server that takes everything and remembers each message by its `X-Id` field and when its final dot
 * came. It can be slow on purpose. For exact bytes and for measuring, use servers nobody here wrote.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { ACCEPTED, idOf, serveSink } from './sink-session.ts';
import type { SinkMessage } from './sink-session.ts';

export interface RecordingSinkOptions {
  readonly host?: string;
  readonly port: number;
  /** Wait this long before the reply to the final dot. */
  readonly delayMs?: number;
  /** Told of each message. */
  onMessage?(message: SinkMessage): void;
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
  readonly #onMessage: RecordingSinkOptions['onMessage'];
  readonly #sockets = new Set<Socket>();

  private constructor(options: RecordingSinkOptions) {
    this.port = options.port;
    this.#delayMs = options.delayMs ?? 0;
    this.#onMessage = options.onMessage;
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
    serveSink(socket, { delayMs: this.#delayMs, onMessage: (message) => this.#record(message) });
  }

  #record(message: SinkMessage): string {
    this.total += 1;
    this.#onMessage?.(message);
    const id = idOf(message);
    if (id === undefined) return ACCEPTED;
    const times = this.arrivals.get(id);
    if (times === undefined) this.arrivals.set(id, [Date.now()]);
    else times.push(Date.now());
    return ACCEPTED;
  }
}
