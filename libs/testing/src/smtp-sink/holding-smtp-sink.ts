import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

const COMMAND = /^([A-Z]{4})[^\r\n]*\r\n/i;
const END = '\r\n.\r\n';

/** A message as the sink counts it. */
export interface SinkArrival {
  /** The first recipient of its transaction. */
  readonly recipient: string;
  /** When its final dot came, by performance.now(). */
  readonly atMs: number;
}

/** An SMTP server that counts what limits are about, and answers final dots only when it is told to. */
export class HoldingSmtpSink {
  /** While true, replies to final dots wait for `release`. */
  isHolding = false;
  readonly arrivals: SinkArrival[] = [];
  /** The most connections that were open at once. */
  connectionsMax = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #held: (() => void)[] = [];

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  static async start(): Promise<HoldingSmtpSink> {
    const sink = new HoldingSmtpSink();
    sink.#server.listen(0, '127.0.0.1');
    await once(sink.#server, 'listening');
    return sink;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Final dots that have no reply yet. */
  get held(): number {
    return this.#held.length;
  }

  /** Answers what was held, and holds nothing more. */
  release(): void {
    this.isHolding = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  /** The most messages that came in any second. */
  get perSecondMax(): number {
    const times = this.arrivals.map(({ atMs }) => atMs).sort((one, other) => one - other);
    let most = 0;
    for (let first = 0, last = 0; last < times.length; last += 1) {
      while (times[last]! - times[first]! >= 1_000) first += 1;
      most = Math.max(most, last - first + 1);
    }
    return most;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    this.connectionsMax = Math.max(this.connectionsMax, this.#sockets.size);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write('220 sink.test ESMTP\r\n');
    let pending = '';
    let recipient = '';
    let inContent = false;
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1');
      for (;;) {
        if (inContent) {
          const end = pending.indexOf(END);
          if (end < 0) return;
          pending = pending.slice(end + END.length);
          inContent = false;
          this.#arrived(socket, recipient);
          continue;
        }
        const [line, verb = ''] = COMMAND.exec(pending) ?? [];
        if (line === undefined) return;
        pending = pending.slice(line.length);
        const name = verb.toUpperCase();
        if (name === 'RCPT') recipient = /<([^>]*)>/.exec(line)?.[1] ?? '';
        inContent = name === 'DATA';
        // The line end before the content's first line may be the one of its end.
        if (inContent) pending = `\r\n${pending}`;
        if (name === 'QUIT') socket.end('221 2.0.0 Bye\r\n');
        else socket.write(name === 'DATA' ? '354 Go on\r\n' : '250 2.0.0 Ok\r\n');
      }
    });
  }

  #arrived(socket: Socket, recipient: string): void {
    this.arrivals.push({ recipient, atMs: performance.now() });
    const answer = (): void => void socket.write('250 2.0.0 Ok: queued\r\n');
    if (this.isHolding) this.#held.push(answer);
    else answer();
  }
}
