import type { Socket } from 'node:net';
import { SmtpReplyParser } from '@staffetta/smtp';
import type { ParsedReply } from '@staffetta/smtp';
import { Deadline } from './deadline.ts';

/** Who reads replies from a wire. */
export interface ReplyReader {
  onReply(reply: ParsedReply): void;
  /** Called once when the connection is gone, whoever ended it. */
  onLost(reason: string): void;
}

/** A socket that gives whole replies to one reader at a time and keeps the time that the next one may take. */
export class Wire {
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>;
  #socket: Socket;
  #reader: ReplyReader | undefined;
  #lost: string | undefined;
  #ending: string | undefined;
  #awaited = '';
  #awaitedMs = 0;
  #lastWritten = false;
  #drained: ((open: boolean) => void) | undefined;
  #detach: () => void;
  #resolveClosed!: () => void;
  readonly #parser = new SmtpReplyParser();
  readonly #deadline = new Deadline(() => this.#late());

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#detach = this.#attach(socket);
  }

  /** Neither lost nor being ended. */
  get open(): boolean {
    return this.#ending === undefined;
  }

  /** The octets given to `writeLast` have all been handed to the system. */
  get lastWritten(): boolean {
    return this.#lastWritten;
  }

  /** From now on `reader` gets replies, those that are here already first. Undefined holds them back. */
  read(reader: ReplyReader | undefined): void {
    this.#reader = reader;
    if (reader === undefined) return;
    if (this.#lost !== undefined) reader.onLost(this.#lost);
    else this.#pump();
  }

  /** The next reply has to be complete within this time; `what` is what it answers. */
  expect(what: string, timeoutMs: number): void {
    if (!this.open) return;
    this.#awaited = what;
    this.#awaitedMs = timeoutMs;
    this.#deadline.set(timeoutMs);
  }

  /** No reply is awaited. */
  rest(): void {
    this.#deadline.clear();
  }

  write(text: string, encoding: 'latin1' | 'utf8'): void {
    this.#socket.write(text, encoding);
  }

  /** False: wait for `drained` before the next. */
  writeBlock(block: Buffer): boolean {
    return this.#socket.write(block);
  }

  /** Resolves when all that was written is with the system: true; or when the connection is lost: false. */
  drained(): Promise<boolean> {
    if (!this.open) return Promise.resolve(false);
    if (!this.#socket.writableNeedDrain) return Promise.resolve(true);
    return new Promise((resolve) => (this.#drained = resolve));
  }

  /** Writes two pieces in one go and keeps in `lastWritten` whether the system took them. */
  writeLast(content: Buffer | undefined, end: Buffer): void {
    this.#lastWritten = false;
    this.#socket.cork();
    if (content !== undefined && content.length > 0) this.#socket.write(content);
    this.#socket.write(end, this.#onLastWritten);
    this.#socket.uncork();
  }

  /** Takes the connection over: what the server said before TLS and was not read is dropped. */
  upgrade(secure: (plain: Socket) => Socket): void {
    this.#detach();
    this.#parser.drop();
    this.#socket = secure(this.#socket);
    this.#detach = this.#attach(this.#socket);
  }

  /** Ends the connection; `onLost` follows when the socket is closed. */
  destroy(reason: string): void {
    this.#ending ??= reason;
    this.#deadline.stop();
    this.#socket.destroy();
  }

  readonly #onLastWritten = (error: Error | null | undefined): void => {
    if (error === undefined || error === null) this.#lastWritten = true;
  };

  #attach(socket: Socket): () => void {
    const onData = (chunk: Buffer) => {
      this.#parser.push(chunk);
      this.#pump();
    };
    const onDrain = () => this.#releaseDrained(true);
    const onEnd = () => this.destroy('the server closed the connection');
    const onError = (error: Error) => this.destroy(`connection lost: ${error.message}`);
    const onClose = () => this.#gone();
    const listeners = { data: onData, drain: onDrain, end: onEnd, error: onError, close: onClose };
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
    return () => {
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
      // A plain socket below TLS still has errors, which the TLS socket tells too.
      socket.on('error', () => this.#socket.destroy());
    };
  }

  #pump(): void {
    while (this.#reader !== undefined && this.open) {
      const reply = this.#parser.next();
      if (reply === undefined) return;
      if ('fault' in reply) return this.destroy(`the server sent ${reply.fault}`);
      this.#reader.onReply(reply);
    }
  }

  #late(): void {
    this.destroy(`no ${this.#awaited} within ${this.#awaitedMs / 1000} s`);
  }

  #gone(): void {
    this.#ending ??= 'the connection was closed';
    this.#lost = this.#ending;
    this.#deadline.stop();
    this.#releaseDrained(false);
    this.#resolveClosed();
    this.#reader?.onLost(this.#lost);
  }

  #releaseDrained(open: boolean): void {
    const release = this.#drained;
    this.#drained = undefined;
    release?.(open);
  }
}
