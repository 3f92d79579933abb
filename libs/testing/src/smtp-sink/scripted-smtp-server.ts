import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { ScriptedSmtpSession } from './scripted-smtp-session.ts';

/** What the server says and hears in one session. It ends with the script; what the script throws, `stop` throws. */
export type SmtpScript = (session: ScriptedSmtpSession) => Promise<void>;

/** A server on loopback that does, line by line, what a script says: well or badly. */
export class ScriptedSmtpServer {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #scripts: Promise<void>[];

  private constructor(server: Server, sockets: Set<Socket>, scripts: Promise<void>[]) {
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#sockets = sockets;
    this.#scripts = scripts;
  }

  /** One script for each connection, in order; the last for all that follow. */
  static async start(...scripts: readonly SmtpScript[]): Promise<ScriptedSmtpServer> {
    const sockets = new Set<Socket>();
    const running: Promise<void>[] = [];
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      const script = scripts[Math.min(running.length, scripts.length - 1)]!;
      const played = script(new ScriptedSmtpSession(socket)).finally(() => socket.end());
      played.catch(() => undefined);
      running.push(played);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptedSmtpServer(server, sockets, running);
  }

  get connections(): number {
    return this.#scripts.length;
  }

  /** Ends what is open and throws what a script threw. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await Promise.all(this.#scripts);
  }
}
