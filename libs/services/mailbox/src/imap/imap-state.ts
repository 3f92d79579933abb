import type { Connection } from '@staffetta/core';
import { CommandReader } from '@staffetta/imap';
import type { ClientStream } from '../client-stream.ts';
import type { SessionOptions } from '../session-options.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';

/** Text of a command before the log-in: what strangers may have kept in memory. */
const STRANGERS_TEXT_MAX_BYTES = 4_096;

/** What the commands of a session share. */
export class ImapState {
  readonly connection: Connection;
  readonly client: ClientStream;
  readonly options: SessionOptions;
  readonly reader = new CommandReader();
  /** Who logged in. */
  accountId: string | undefined;
  selected: SelectedMailbox | undefined;
  loginFailures = 0;
  /** No further command is read. */
  closing = false;
  /** TLS begins once the answer is sent. */
  startsTls = false;
  /** The session waits for the end of IDLE. */
  idling = false;
  #saidBye = false;

  constructor(connection: Connection, client: ClientStream, options: SessionOptions) {
    this.connection = connection;
    this.client = client;
    this.options = options;
    this.reader.textMaxBytes = STRANGERS_TEXT_MAX_BYTES;
  }

  /** Whether a password may pass here. */
  get allowsPassword(): boolean {
    return this.connection.tls || this.connection.loopback;
  }

  untagged(text: string): void {
    this.client.write(`* ${text}\r\n`);
  }

  /** Ends the session, after what is being answered. */
  sayBye(text: string): void {
    if (!this.#saidBye) this.untagged(`BYE ${text}`);
    this.#saidBye = true;
    this.closing = true;
  }

  /** Leaves the mailbox that is open. */
  deselect(): void {
    this.selected?.close();
    this.selected = undefined;
  }

  /** The line that answers a `+`; undefined where there is none. Literals are refused. */
  async readLine(): Promise<string | undefined> {
    this.client.flush();
    for (;;) {
      const event = this.reader.next();
      if (event?.kind === 'command') return event.lines[0] ?? '';
      if (event?.kind === 'literal') this.reader.refuse();
      if (event !== undefined) return '';
      const chunk = await this.client.read();
      if (chunk === undefined) return undefined;
      this.reader.push(chunk);
    }
  }
}

/** A session that has logged in. */
export type UserState = ImapState & { accountId: string };

/** A session that has a mailbox open. */
export type SelectedState = UserState & { selected: SelectedMailbox };
