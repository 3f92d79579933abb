/** Passes a TCP connection on and looks for bare CR or LF in what the client sends, which a sink does not tell. */
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

const CR = 13;
const LF = 10;

export class Tap {
  readonly port: number;
  /** How many CR without LF, or LF without CR, went by. */
  bareLineEnds = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number, server: Server) {
    this.port = port;
    this.#server = server;
  }

  static async start(port: number, targetPort: number): Promise<Tap> {
    const server = createServer();
    const tap = new Tap(port, server);
    server.on('connection', (socket) => tap.#pass(socket, targetPort));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return tap;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(client: Socket, targetPort: number): void {
    const server = connect({ port: targetPort, host: '127.0.0.1' });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
      socket.pipe(other);
    }
    let last = 0;
    client.on('data', (chunk: Buffer) => {
      for (const byte of chunk) {
        if ((byte === LF) !== (last === CR)) this.bareLineEnds += 1;
        last = byte;
      }
    });
  }
}
