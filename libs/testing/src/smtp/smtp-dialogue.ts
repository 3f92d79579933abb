import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const TIMEOUT_MS = 5_000;

/** Where and how to connect. */
export interface DialogueTarget {
  readonly port: number;
  readonly host?: string;
  /** TLS from the first octet. */
  readonly tls?: boolean;
  /** The address to come from, any of 127/8. */
  readonly from?: string;
}

/** A raw SMTP client for tests: sends exactly what it is given and checks each reply. */
export class SmtpDialogue {
  #socket: Socket;
  #received = '';
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    this.#listen();
  }

  /** Connects; the greeting is the first reply. */
  static async open(target: DialogueTarget): Promise<SmtpDialogue> {
    const { port, host = '127.0.0.1', from, tls = false } = target;
    const options = { port, host, ...(from !== undefined && { localAddress: from }) };
    const socket = tls ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options);
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    return new SmtpDialogue(socket);
  }

  /** Sends octets as they are; strings as latin1. */
  send(data: string | Buffer): void {
    this.#socket.write(data, 'latin1');
  }

  /** Sends one command and expects the reply. */
  async say(command: string, expected: RegExp | string): Promise<string> {
    this.send(`${command}\r\n`);
    return this.expect(expected);
  }

  /** The next reply, all its lines; throws where it does not match, or begins otherwise where a string is expected. */
  async expect(expected: RegExp | string): Promise<string> {
    const reply = await this.reply();
    const matches =
      typeof expected === 'string' ? reply.startsWith(expected) : expected.test(reply);
    if (!matches) throw new Error(`expected ${expected}, got ${JSON.stringify(reply)}`);
    return reply;
  }

  /** The next reply with its line ends, without the last one. */
  async reply(): Promise<string> {
    const reply = await this.#until(
      () => /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(this.#received)?.[0],
    );
    this.#received = this.#received.slice(reply.length);
    return reply.slice(0, -2);
  }

  /** Resolves when the server has closed its side, with what it said before. */
  async ended(): Promise<string> {
    await this.#until(() => (this.#ended ? 'ended' : undefined));
    return this.#received;
  }

  /** Goes on under TLS; `pipelined` is sent in the clear right behind the command. */
  async startTls(pipelined = ''): Promise<void> {
    this.send(`STARTTLS\r\n${pipelined}`);
    await this.expect('220');
    this.#socket.removeAllListeners();
    const socket = connectTls({ socket: this.#socket, rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    this.#socket = socket;
    this.#listen();
  }

  /** Closes this side and goes on listening. */
  half(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      this.#wake();
    });
    for (const event of ['end', 'close', 'error']) {
      this.#socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  async #until(found: () => string | undefined): Promise<string> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, TIMEOUT_MS);
    try {
      for (;;) {
        const result = found();
        if (result !== undefined) return result;
        if (late || this.#ended) {
          const why = late ? 'no reply in time' : 'the connection ended';
          throw new Error(`${why}; received ${JSON.stringify(this.#received)}`);
        }
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
