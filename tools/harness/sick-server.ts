/** SMTP servers as they should not be. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

export const SICKNESSES = ['dead', '4xx', '5xx', 'garbage', 'silent', 'a byte a second'] as const;
export type Sickness = (typeof SICKNESSES)[number];

const GARBAGE_BYTES = 2_000;
const SLOW_BYTE_MS = 1_000;
const BANNER = '220 sick.test ESMTP\r\n';

/** One sick server on many addresses; `dead` listens nowhere. */
export class SickServer {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  static async start(
    sickness: Sickness,
    hosts: readonly string[],
    port: number,
  ): Promise<SickServer> {
    const sick = new SickServer();
    if (sickness === 'dead') return sick;
    for (const host of hosts) {
      const server = createServer((socket) => sick.#serve(socket, sickness));
      sick.#servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
    }
    return sick;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((done) => server.close(done))));
  }

  #serve(socket: Socket, sickness: Exclude<Sickness, 'dead'>): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // The other side gives up in its own way.
    socket.on('error', () => socket.destroy());
    BEHAVIOUR[sickness](socket);
  }
}

const BEHAVIOUR: { readonly [sickness in Exclude<Sickness, 'dead'>]: (socket: Socket) => void } = {
  '4xx': (socket) => refuse(socket, '451 4.3.0 Not now'),
  '5xx': (socket) => refuse(socket, '554 5.7.1 Never'),
  garbage: (socket) => {
    const bytes = Buffer.from(
      Array.from({ length: GARBAGE_BYTES }, () => Math.floor(Math.random() * 256)),
    );
    socket.write(bytes);
    socket.on('data', () => socket.write(bytes));
  },
  silent: (socket) => void socket.resume(),
  'a byte a second': (socket) => {
    socket.resume();
    let sent = 0;
    const timer = setInterval(() => {
      socket.write(BANNER[sent % BANNER.length] ?? '');
      sent += 1;
    }, SLOW_BYTE_MS);
    socket.on('close', () => clearInterval(timer));
  },
};

/** Polite until RCPT. */
function refuse(socket: Socket, refusal: string): void {
  socket.write(BANNER);
  let pending = '';
  socket.on('data', (chunk: Buffer) => {
    pending += chunk.toString('latin1');
    for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
      const verb = pending.slice(0, 4).toUpperCase();
      pending = pending.slice(end + 2);
      if (verb === 'RCPT' || verb === 'DATA') socket.write(`${refusal}\r\n`);
      else if (verb === 'QUIT') socket.end('221 2.0.0 Bye\r\n');
      else socket.write('250 sick.test\r\n');
    }
  });
}
