import type { Connection } from '@staffetta/core';
import type { ClientStream } from '../client-stream.ts';
import type { SessionOptions } from '../session-options.ts';
import type { Maildrop } from './maildrop.ts';

/** What the commands of a session share. */
export class Pop3State {
  readonly connection: Connection;
  readonly client: ClientStream;
  readonly options: SessionOptions;
  /** Octets of the name given by USER, in latin1. */
  user: string | undefined;
  maildrop: Maildrop | undefined;
  loginFailures = 0;
  /** No further command is read. */
  closing = false;
  /** TLS begins once the answer is sent. */
  startsTls = false;

  constructor(connection: Connection, client: ClientStream, options: SessionOptions) {
    this.connection = connection;
    this.client = client;
    this.options = options;
  }

  /** Whether a password may pass here. */
  get allowsPassword(): boolean {
    return this.connection.tls || this.connection.loopback;
  }

  ok(text: string): void {
    this.client.write(`+OK ${text}\r\n`);
  }

  /** The text begins with a response code (RFC 2449 §8, RFC 3206) where there is one. */
  error(text: string): void {
    this.client.write(`-ERR ${text}\r\n`);
  }
}

/** A session that has logged in. */
export type MaildropState = Pop3State & { maildrop: Maildrop };
