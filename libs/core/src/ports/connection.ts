import type { Duplex } from 'node:stream';

/** A client's connection as a session sees it, whatever it runs over. */
export interface Connection {
  /** Octets of the client; another stream after `startTls`. */
  readonly stream: Duplex;
  /** IP address, without brackets or zone. */
  readonly remoteAddress: string;
  /** The peer is this machine: passwords may pass without TLS. */
  readonly loopback: boolean;
  readonly tls: boolean;
  /** Whether `startTls` can be called. */
  readonly canStartTls: boolean;
  /** Takes the connection over to TLS; whatever was received in the clear and not read is dropped. Rejects if it fails. */
  startTls(): Promise<void>;
  /** Calls back when nothing was received or sent for so long; replaces the one set before. */
  onIdle(timeoutMs: number, listener: () => void): void;
}
