import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import type { Connection } from '@staffetta/core';

/** How a connection of a test looks to the session. */
export interface MemoryConnectionOptions {
  readonly remoteAddress?: string;
  readonly loopback?: boolean;
  readonly canStartTls?: boolean;
}

/** A connection without a socket; its TLS changes nothing but what is said of it. */
export class MemoryConnection implements Connection {
  readonly remoteAddress: string;
  readonly loopback: boolean;
  readonly stream: Duplex;
  /** The client's end. */
  readonly client: Duplex;
  tls = false;
  /** Called by a test in place of the time-out. */
  idle: () => void = () => {};
  readonly #offersTls: boolean;

  constructor({ remoteAddress, loopback, canStartTls }: MemoryConnectionOptions = {}) {
    this.remoteAddress = remoteAddress ?? '127.0.0.1';
    this.loopback = loopback ?? true;
    this.#offersTls = canStartTls ?? false;
    [this.stream, this.client] = duplexPair();
    this.client.on('error', () => {});
  }

  get canStartTls(): boolean {
    return this.#offersTls && !this.tls;
  }

  async startTls(): Promise<void> {
    this.tls = true;
    while (this.stream.read() !== null);
  }

  onIdle(_timeoutMs: number, listener: () => void): void {
    this.idle = listener;
  }
}
