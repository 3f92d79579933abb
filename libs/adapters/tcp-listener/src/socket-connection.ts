import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Connection } from '@staffetta/core';
import { isLoopback, plainAddress } from './address.ts';

/** From the start of a TLS handshake to its end. */
export const HANDSHAKE_TIMEOUT_MS = 20_000;

/** A socket as a Connection. */
export class SocketConnection implements Connection {
  readonly remoteAddress: string;
  readonly loopback: boolean;
  #socket: Socket;
  readonly #secureContext: (() => SecureContext) | undefined;
  #onTimeout: (() => void) | undefined;

  /** Without `secureContext` there is no TLS. */
  constructor(socket: Socket, secureContext: (() => SecureContext) | undefined) {
    this.#socket = socket;
    this.#secureContext = secureContext;
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '');
    this.loopback = isLoopback(this.remoteAddress);
    // A session sees the end of its stream; without a listener an error would end the process.
    socket.on('error', ignore);
  }

  get stream(): Socket {
    return this.#socket;
  }

  get tls(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  get canStartTls(): boolean {
    return this.#secureContext !== undefined && !this.tls;
  }

  async startTls(): Promise<void> {
    if (this.#secureContext === undefined || this.tls) throw new Error('TLS cannot start');
    const plain = this.#socket;
    this.#clearIdle();
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext: this.#secureContext(),
    });
    secure.on('error', ignore);
    this.#socket = secure;
    await new Promise<void>((resolve, reject) => {
      const fail = (): void => reject(new Error('TLS negotiation failed'));
      secure.setTimeout(HANDSHAKE_TIMEOUT_MS, () => secure.destroy());
      secure.once('secure', resolve);
      secure.once('close', fail);
    });
    secure.setTimeout(0).removeAllListeners('timeout');
  }

  onIdle(timeoutMs: number, listener: () => void): void {
    this.#clearIdle();
    this.#onTimeout = listener;
    this.#socket.setTimeout(timeoutMs, listener);
  }

  /** Closes once the peer has taken what was written, or after so long. */
  close(timeoutMs: number): void {
    this.#clearIdle();
    if (this.#socket.destroyed) return;
    this.#socket.setTimeout(timeoutMs, () => this.#socket.destroy());
    this.#socket.destroySoon();
  }

  #clearIdle(): void {
    this.#socket.setTimeout(0);
    if (this.#onTimeout !== undefined) this.#socket.off('timeout', this.#onTimeout);
    this.#onTimeout = undefined;
  }
}

function ignore(): void {}
