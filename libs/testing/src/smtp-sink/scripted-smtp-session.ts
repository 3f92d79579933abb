import { once } from 'node:events';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

const FINAL_DOT = '\r\n.\r\n';

/** The server's end of one session, for a script. Octets are latin1 characters. */
export class ScriptedSmtpSession {
  #socket: Socket;
  #received = '';
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#attach(socket);
  }

  /** Lines, each with CRLF, in one write. */
  say(...lines: readonly string[]): void {
    this.#socket.write(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
  }

  /** Octets as they are. */
  raw(octets: string | Buffer): void {
    this.#socket.write(octets, 'latin1');
  }

  /** The next line without its end; undefined where the client has left. */
  async line(): Promise<string | undefined> {
    const line = await this.#until('\r\n');
    return line?.slice(0, -2);
  }

  /** The next line, which has to match. */
  async hear(pattern: RegExp): Promise<string> {
    const line = await this.line();
    if (line === undefined || !pattern.test(line))
      throw new Error(`heard ${JSON.stringify(line)} instead of ${pattern}`);
    return line;
  }

  /** Content up to the final dot, still stuffed, without the dot; undefined where the client has left. */
  async content(): Promise<string | undefined> {
    if (!(await this.#has(3))) return undefined;
    if (this.#received.startsWith('.\r\n')) {
      this.#received = this.#received.slice(3);
      return '';
    }
    const content = await this.#until(FINAL_DOT);
    return content?.slice(0, -3);
  }

  /** Banner, EHLO and its reply. */
  async greet(...extensions: readonly string[]): Promise<void> {
    this.say('220 mx.example.test ESMTP');
    await this.helloWith(...extensions);
  }

  /** EHLO and its reply. */
  async helloWith(...extensions: readonly string[]): Promise<void> {
    await this.hear(/^(EHLO|LHLO) /);
    const lines = ['mx.example.test', ...extensions];
    this.say(...lines.map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}`));
  }

  /** Takes what comes as a TLS handshake from now on; rejects where the client does not go through with it. */
  async startTls(identity: { readonly key: string; readonly cert: string }): Promise<void> {
    this.#socket.removeAllListeners('data');
    const secure = new TLSSocket(this.#socket, { isServer: true, ...identity });
    secure.on('error', () => secure.destroy());
    this.#socket = secure;
    this.#received = '';
    this.#attach(secure);
    const left = once(secure, 'close').then(() => Promise.reject(new Error('no TLS handshake')));
    await Promise.race([once(secure, 'secure'), left]);
  }

  /** Resolves when something was received that is not read. */
  async received(): Promise<void> {
    await this.#has(1);
  }

  /** Reads nothing more until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection after what was said. */
  end(): void {
    this.#socket.end();
  }

  /** Cuts it with a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** What was received and not read. */
  get unread(): string {
    return this.#received;
  }

  /** Resolves when the client has left. */
  async left(): Promise<void> {
    while (!this.#ended) await this.#more();
  }

  #attach(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      this.#wake?.();
    });
    const onEnd = () => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('end', onEnd);
    socket.on('close', onEnd);
  }

  async #until(end: string): Promise<string | undefined> {
    for (;;) {
      const at = this.#received.indexOf(end);
      if (at >= 0) {
        const taken = this.#received.slice(0, at + end.length);
        this.#received = this.#received.slice(at + end.length);
        return taken;
      }
      if (this.#ended) return undefined;
      await this.#more();
    }
  }

  async #has(octets: number): Promise<boolean> {
    while (this.#received.length < octets) {
      if (this.#ended) return false;
      await this.#more();
    }
    return true;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
