import { createSocket, type Socket } from 'node:dgram';
import { randomFillSync } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { DnsServer } from './dns-server.ts';

/** Who waits for the answer to one query. */
export interface UdpWaiter {
  /** A message with the right id has come from the server; true ends the wait. */
  onMessage(message: Buffer): boolean;
  /** Nothing will come: the server's port is closed, or there is no way to it. */
  onError(error: Error): void;
}

const IDS = new Uint16Array(2048);
let idsUsed = IDS.length;

/** Unpredictable, since an id that can be guessed can be forged (RFC 5452 §9.2). */
function randomId(): number {
  if (idsUsed === IDS.length) {
    randomFillSync(IDS);
    idsUsed = 0;
  }
  return IDS[idsUsed++] ?? 0;
}

/**
 * A socket connected to one server from a random port of the system's choice: the kernel drops what comes from
 * anywhere else, and tells when the port is closed.
 */
export class UdpSocket {
  readonly #socket: Socket;
  readonly #waiters = new Map<number, UdpWaiter>();
  #unsent: Buffer[] | undefined = [];
  #retired = false;
  #closed = false;

  constructor(server: DnsServer) {
    this.#socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
    this.#socket.on('message', (message) => this.#receive(message));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('connect', () => this.#flush());
    this.#socket.unref();
    this.#socket.connect(server.port, server.host);
  }

  /** Whether it failed or was retired: no more queries, please. */
  get retired(): boolean {
    return this.#retired;
  }

  /** Sends a copy of the query under an id of its own; calling what is returned ends the wait for its answer. */
  send(query: Buffer, waiter: UdpWaiter): () => void {
    let id = randomId();
    while (this.#waiters.has(id)) id = randomId();
    this.#waiters.set(id, waiter);
    const message = Buffer.from(query);
    message.writeUInt16BE(id);
    if (this.#unsent) this.#unsent.push(message);
    else this.#transmit(message);
    return () => this.#release(id, waiter);
  }

  /** Takes no more queries, and closes when the last answer has come or is given up. */
  retire(): void {
    this.#retired = true;
    this.#closeIfDone();
  }

  #flush(): void {
    const unsent = this.#unsent ?? [];
    this.#unsent = undefined;
    if (this.#closed) return;
    for (const message of unsent) this.#transmit(message);
  }

  #transmit(message: Buffer): void {
    this.#socket.send(message, (error) => {
      if (error) this.#fail(error);
    });
  }

  #receive(message: Buffer): void {
    if (message.length < 2) return;
    const id = message.readUInt16BE(0);
    const waiter = this.#waiters.get(id);
    if (waiter?.onMessage(message)) this.#release(id, waiter);
  }

  /** The id may be another's by now. */
  #release(id: number, waiter: UdpWaiter): void {
    if (this.#waiters.get(id) === waiter) this.#waiters.delete(id);
    this.#closeIfDone();
  }

  #fail(error: Error): void {
    this.#retired = true;
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    this.#closeIfDone();
    for (const waiter of waiters) waiter.onError(error);
  }

  #closeIfDone(): void {
    if (!this.#retired || this.#waiters.size > 0 || this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
