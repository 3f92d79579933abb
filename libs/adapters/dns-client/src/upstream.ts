import type { DnsServer } from './dns-server.ts';
import { UdpSocket, type UdpWaiter } from './udp-socket.ts';

const SOCKETS = 4;
/** After these a socket is replaced, so that its port is no use to a forger for long. */
const QUERIES_PER_SOCKET = 1000;
const SILENCES_UNTIL_DOWN = 3;
const DOWN_MS = 10_000;

/** One configured server: its sockets, and whether it has been answering. */
export class Upstream {
  readonly server: DnsServer;
  readonly #slots: { socket: UdpSocket; left: number }[] = [];
  #next = 0;
  #silences = 0;
  #downUntilMs = 0;

  constructor(server: DnsServer) {
    this.server = server;
  }

  /** Sends a query; calling what is returned gives the wait for its answer up. */
  send(query: Buffer, waiter: UdpWaiter): () => void {
    return this.#takeSocket().send(query, waiter);
  }

  /** Silent several times in a row: others are asked first. One question every 10 s tries it all the same. */
  isDown(nowMs: number): boolean {
    if (this.#silences < SILENCES_UNTIL_DOWN) return false;
    if (nowMs < this.#downUntilMs) return true;
    this.#downUntilMs = nowMs + DOWN_MS;
    return false;
  }

  /** It said something. */
  answered(): void {
    this.#silences = 0;
  }

  /** It said nothing in time. */
  silent(nowMs: number): void {
    this.#silences++;
    if (this.#silences === SILENCES_UNTIL_DOWN) this.#downUntilMs = nowMs + DOWN_MS;
  }

  /** Closes its sockets; waits must have been given up. */
  close(): void {
    for (const { socket } of this.#slots) socket.retire();
    this.#slots.length = 0;
  }

  #takeSocket(): UdpSocket {
    const index = this.#next++ % SOCKETS;
    let slot = this.#slots[index];
    if (!slot || slot.left === 0 || slot.socket.retired) {
      slot?.socket.retire();
      slot = { socket: new UdpSocket(this.server), left: QUERIES_PER_SOCKET };
      this.#slots[index] = slot;
    }
    slot.left--;
    return slot.socket;
  }
}
