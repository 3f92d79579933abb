/** A plain SMTP client that sends bytes exactly as given and tells each reply; no pipelining, no mercy. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const REPLY_TIMEOUT_MS = 60_000;

export interface SmtpReply {
  readonly code: number;
  readonly text: string;
}

export interface SmtpTarget {
  readonly port: number;
  readonly host?: string;
  readonly localAddress?: string;
  /** TLS from the first byte; the certificate is not judged. */
  readonly tls?: boolean;
  readonly lmtp?: boolean;
}

export class SmtpClient {
  readonly #socket: Socket;
  #received = '';
  #waiting: { resolve(reply: SmtpReply): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(REPLY_TIMEOUT_MS, () => socket.destroy(new Error('no reply in time')));
    socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  /** Connects, reads the banner and says EHLO; a refusal is thrown. */
  static async open(target: SmtpTarget): Promise<SmtpClient> {
    const client = await SmtpClient.connect(target);
    await client.must('2', client.#reply());
    await client.must('2', client.command(`${target.lmtp === true ? 'LHLO' : 'EHLO'} client.test`));
    return client;
  }

  static connect(target: SmtpTarget): Promise<SmtpClient> {
    const { port, host = '127.0.0.1', localAddress } = target;
    const where = { port, host, ...(localAddress === undefined ? {} : { localAddress }) };
    return new Promise((resolve, reject) => {
      const socket =
        target.tls === true ? connectTls({ ...where, rejectUnauthorized: false }) : connect(where);
      socket.once('error', reject);
      socket.once(target.tls === true ? 'secureConnect' : 'connect', () => {
        socket.off('error', reject);
        resolve(new SmtpClient(socket));
      });
    });
  }

  command(line: string): Promise<SmtpReply> {
    this.#socket.write(`${line}\r\n`);
    return this.#reply();
  }

  async login(user: string, password: string): Promise<void> {
    const secret = Buffer.from(`\0${user}\0${password}`).toString('base64');
    await this.must('235', this.command(`AUTH PLAIN ${secret}`));
  }

  /** One transaction; gives the first reply that is not positive, else the reply to the final dot. */
  async send(
    from: string,
    to: readonly string[],
    content: Buffer,
    parameters = '',
  ): Promise<SmtpReply> {
    const lines = [`MAIL FROM:<${from}>${parameters}`, ...to.map((rcpt) => `RCPT TO:<${rcpt}>`)];
    for (const line of [...lines, 'DATA']) {
      const reply = await this.command(line);
      if (reply.code >= 400) {
        // After a 421 the other side closes.
        if (reply.code !== 421) await this.command('RSET');
        return reply;
      }
    }
    this.#socket.write(stuffed(content));
    return this.#reply();
  }

  /** Bytes with no care for the protocol. */
  write(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  async quit(): Promise<void> {
    await this.command('QUIT').catch(() => undefined);
    this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async must(code: string, reply: Promise<SmtpReply>): Promise<SmtpReply> {
    const given = await reply;
    if (!String(given.code).startsWith(code))
      throw new Error(`not ${code}: ${given.code} ${given.text}`);
    return given;
  }

  #reply(): Promise<SmtpReply> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      // What came before the end is an answer too: a 421 that nobody asked for.
      this.#take('');
      if (this.#failure !== undefined) this.#fail(this.#failure);
    });
  }

  #take(text: string): void {
    this.#received += text;
    if (this.#waiting === undefined) return;
    const match = /^(?:\d{3}-[^\n]*\n)*(\d{3})(?: ([^\n]*))?\n/.exec(this.#received);
    if (match === null) return;
    this.#received = this.#received.slice(match[0].length);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting.resolve({ code: Number(match[1]), text: match[0].replaceAll('\r\n', '\n').trimEnd() });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}

/** Dot-stuffed after CRLF only, ended with CRLF dot CRLF; nothing else is touched. */
export function stuffed(content: Buffer): Buffer {
  let text = content.toString('latin1').replace(/(^|\r\n)\./g, '$1..');
  if (text !== '' && !text.endsWith('\r\n')) text += '\r\n';
  return Buffer.from(`${text}.\r\n`, 'latin1');
}
