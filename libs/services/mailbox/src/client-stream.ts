import type { Duplex } from 'node:stream';
import type { Connection } from '@staffetta/core';

/** The client is gone; whatever was being answered has nobody to read it. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** Text collected before it is handed to the socket. */
const FLUSH_CHARS = 16_384;

/** Octets from and to one client, with back-pressure both ways: nothing is read before somebody asks for it. */
export class ClientStream {
  #stream: Duplex;
  #text = '';
  #ended = false;
  #wake: (() => void) | undefined;

  readonly #onReadable = (): void => this.#wake?.();
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  constructor(connection: Connection) {
    this.#stream = connection.stream;
    this.#attach();
  }

  /** No more can be read or written. */
  get isGone(): boolean {
    return this.#stream.destroyed;
  }

  /** Octets written that the client did not take yet. */
  get unsentBytes(): number {
    return this.#stream.writableLength;
  }

  /** Goes on with another stream of the same connection (after STARTTLS). */
  replace(stream: Duplex): void {
    this.#detach();
    this.#stream = stream;
    this.#attach();
  }

  /** Lets go of the stream, so that another one can take it over; nothing more is read here. */
  release(): void {
    this.flush();
    this.#detach();
  }

  /** What came next; undefined at the end. */
  async read(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#stream.destroyed) return undefined;
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  /** Octets in latin1; kept until there are enough of them, or `flush`. */
  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= FLUSH_CHARS) this.flush();
  }

  writeOctets(octets: Buffer): void {
    this.flush();
    if (octets.length > 0 && this.#stream.writable) this.#stream.write(octets);
  }

  /** Hands over what was written. */
  flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    if (this.#stream.writable) this.#stream.write(text, 'latin1');
  }

  /** Resolves when the client has taken enough for more to be written; rejects with a ClientGone where it never will. */
  async drained(): Promise<void> {
    if (!this.#stream.writable) throw new ClientGone('the client is gone');
    if (!this.#stream.writableNeedDrain) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        this.#stream.off('drain', settle);
        this.#stream.off('close', settle);
        if (this.#stream.writable) resolve();
        else reject(new ClientGone('the client is gone'));
      };
      this.#stream.on('drain', settle);
      this.#stream.on('close', settle);
    });
  }

  /** Sends what was written and closes. */
  end(): void {
    this.flush();
    if (this.#stream.writable) this.#stream.end();
    this.#ended = true;
    this.#wake?.();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #attach(): void {
    this.#stream.on('readable', this.#onReadable);
    for (const event of ['end', 'close', 'error']) this.#stream.on(event, this.#onEnd);
  }

  #detach(): void {
    this.#stream.off('readable', this.#onReadable);
    for (const event of ['end', 'close', 'error']) this.#stream.off(event, this.#onEnd);
  }
}
