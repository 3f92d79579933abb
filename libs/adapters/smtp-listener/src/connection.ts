import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type {
  SmtpAnswer,
  SmtpListenerOptions,
  SmtpSessionHandler,
  SmtpSessionInfo,
} from '@staffetta/core';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { ANSWERS } from './answers.ts';
import { CommandStream } from './command-stream.ts';
import { Output, formatAnswer, formatLines } from './output.ts';
import { parseMail, parseRcpt } from './parse-commands.ts';
import type { ListenerServer } from './server.ts';
import { Transaction } from './transaction.ts';

const HELO_MAX = 255;
/** How long a peer that was told to go may keep its side open while draining. */
const DRAIN_LINGER_MS = 500;
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
const HTTP = /^[A-Z]+ \S+ HTTP\/\d/i;

/** A TLS handshake that takes longer is given up. */
export const TLS_HANDSHAKE_MS = 20_000;

/**
 * One session. Of smtp-server's connection it keeps sockets, STARTTLS and the SASL exchanges; commands, answers and
 * content are worked on here (see CommandStream), and the greeting goes out at once instead of after 100 ms.
 */
export class ListenerConnection extends SMTPConnection {
  readonly #options: SmtpListenerOptions;
  readonly #server: ListenerServer;
  readonly #info: { -readonly [K in keyof SmtpSessionInfo]: SmtpSessionInfo[K] };
  #handler: SmtpSessionHandler | undefined;
  #transaction: Transaction | undefined;
  /** The final dot is in and its answer is not out. */
  #deciding = false;
  #draining = false;
  #authenticated = false;
  #authAnswer: SmtpAnswer | undefined;
  #errors = 0;
  #commands = 0;
  readonly #output = new Output((text) => this.#send(text));
  #over = false;

  constructor(
    server: ListenerServer,
    socket: Socket | TLSSocket,
    options?: SMTPConnectionOptions | null,
  ) {
    super(server, socket, options);
    this.#server = server;
    this.#options = server.listenerOptions;
    this.#info = {
      // Without the zone of a link-local address.
      remoteAddress: this.remoteAddress.replace(/%.*/, ''),
      helo: '',
      protocol: this.#options.protocol === 'lmtp' ? 'LMTP' : 'SMTP',
      tls: tlsName(socket),
    };
  }

  override init(): void {
    this._setListeners(() => this.#greet());
  }

  /** Ends the session unless it waits for the answer to a final dot; then after that. */
  drain(): void {
    this.#draining = true;
    // During a handshake nothing can be said; the first command after it gets the answer.
    if (!this.#deciding && !this._upgrading) this.#reply(ANSWERS.draining);
  }

  destroy(): void {
    this._socket.destroy();
  }

  /** Checks a password for smtp-server's SASL exchanges. */
  async authenticate(user: string, password: string): Promise<boolean> {
    const answer = await this.#guard(() => this.#handler!.authenticate!(user, password));
    this.#authAnswer = answer;
    this.#authenticated = answer.code === 235;
    return this.#authenticated;
  }

  /** What smtp-server says by itself: around STARTTLS and AUTH, and at a time-out. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const answer = this.#authAnswer;
    this.#authAnswer = undefined;
    if (answer) {
      this.#reply(answer);
      return;
    }
    if (code >= 500) this.#errors += 1;
    this.#output.flush();
    super.send(code, data, context);
  }

  override close(): void {
    this.#endSession();
    this.#output.flush();
    super.close();
    if (this.#draining) setTimeout(() => this._socket.destroy(), DRAIN_LINGER_MS).unref();
  }

  override _createParser(): CommandStream {
    // Called by the constructor above ours: no private field may be touched here.
    const stream: CommandStream = new CommandStream({
      onLine: (line, bareLf) => this.#onLine(stream, line, bareLf),
      onLineTooLong: () => this.#reply(ANSWERS.lineTooLong),
      onContentProgress: () => this.#checkContent(),
      onContentEnd: () => this.#onContentEnd(stream),
      onIdle: () => this.#output.flush(),
      onEnd: () => this.close(),
    });
    return stream;
  }

  /** Called by smtp-server when TLS begins: nothing said before counts (RFC 3207 §4.2). */
  override _resetSession(): void {
    if (!this.#handler) return;
    this.#resetTransaction();
    this.#info.helo = '';
    this.#info.tls = tlsName(this._socket);
  }

  /** smtp-server notices neither that a peer leaves during the handshake nor that it never begins. */
  override upgrade(callback: () => void, secureCallback?: () => void): void {
    super.upgrade(callback, secureCallback);
    setTimeout(() => {
      if (this._upgrading) this._socket.destroy();
    }, TLS_HANDSHAKE_MS).unref();
  }

  override _onError(): void {
    // A peer that went away, or TLS that failed: nothing to report, the socket closes.
    this._socket.destroy();
  }

  override _onClose(): void {
    super._onClose();
    this.#endSession();
    this.#server.gone(this);
  }

  /**
   * What the peer said last is answered: a peer that closes and comes back at once must find its place free, so this
   * does not wait for the socket.
   */
  #endSession(): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#deciding) this.#transaction?.content?.release();
    this.#handler?.close();
  }

  #greet(): void {
    const opened = this.#options.open(this.#info);
    if ('code' in opened) {
      this.#reply({ ...opened, close: true });
      return;
    }
    this.#handler = opened;
    this._ready = true;
    const name = this.#options.protocol === 'lmtp' ? 'LMTP' : 'ESMTP';
    this.#reply({ code: 220, enhanced: '', text: `${this.#options.hostname} ${name}` });
  }

  #onLine(stream: CommandStream, line: string, bareLf: boolean): boolean {
    if (this._upgrading) return true;
    if (this.#draining) return this.#answer(stream, ANSWERS.draining);
    if (!this._ready) return this.#answer(stream, ANSWERS.tooSoon);
    if (++this.#commands > this.#options.limits.commandsMax)
      return this.#answer(stream, ANSWERS.tooManyCommands);
    if (bareLf || CONTROL.test(line)) {
      this._nextHandler = false;
      return this.#answer(stream, ANSWERS.badLine);
    }
    if (this._nextHandler) {
      const handler = this._nextHandler;
      this._nextHandler = false;
      return this.#delegate(stream, handler, line);
    }
    return this.#command(stream, line);
  }

  #command(stream: CommandStream, line: string): boolean {
    const blank = line.indexOf(' ');
    const verb = (blank === -1 ? line : line.slice(0, blank)).toUpperCase();
    const rest = blank === -1 ? '' : line.slice(blank + 1).trim();
    switch (verb) {
      case 'MAIL':
        return this.#onMail(stream, rest);
      case 'RCPT':
        return this.#onRcpt(stream, rest);
      case 'DATA':
        return this.#answer(stream, rest === '' ? this.#onData(stream) : ANSWERS.noParameters);
      case 'HELO':
      case 'EHLO':
      case 'LHLO':
        return this.#onHello(stream, verb, rest);
      case 'RSET':
        this.#resetTransaction();
        return this.#answer(stream, ANSWERS.ok);
      case 'NOOP':
        return this.#answer(stream, ANSWERS.ok);
      case 'QUIT':
        return this.#answer(stream, ANSWERS.bye);
      case 'AUTH':
        return this.#onAuth(stream, line);
      case 'STARTTLS':
        return this.#onStartTls(stream, line, rest);
      case 'VRFY':
        return this.#answer(stream, rest === '' ? ANSWERS.badParameter : ANSWERS.vrfy);
      case 'HELP':
        return this.#answer(stream, ANSWERS.help);
      default:
        return this.#answer(stream, HTTP.test(line) ? ANSWERS.http : ANSWERS.unknownCommand);
    }
  }

  #onHello(stream: CommandStream, verb: 'HELO' | 'EHLO' | 'LHLO', name: string): boolean {
    const lmtp = this.#options.protocol === 'lmtp';
    if (lmtp !== (verb === 'LHLO'))
      return this.#answer(stream, lmtp ? ANSWERS.noHeloHere : ANSWERS.unknownCommand);
    if (name === '' || name.length > HELO_MAX || /\s/.test(name))
      return this.#answer(stream, ANSWERS.badHelo);
    this.#resetTransaction();
    this.#info.helo = name;
    if (!lmtp) this.#info.protocol = verb === 'EHLO' ? 'ESMTP' : 'SMTP';
    if (verb === 'HELO') {
      return this.#answer(stream, { code: 250, enhanced: '', text: this.#options.hostname });
    }
    this.#add(formatLines(250, [this.#options.hostname, ...this.#extensions()]));
    return this.#writable(stream);
  }

  #extensions(): string[] {
    const { limits, tls } = this.#options;
    const secure = this.#info.tls !== '';
    return [
      'PIPELINING',
      `SIZE ${limits.sizeBytes}`,
      ...(tls && !secure ? ['STARTTLS'] : []),
      ...(secure && this.#handler!.authenticate && !this.#authenticated
        ? ['AUTH PLAIN LOGIN']
        : []),
      'ENHANCEDSTATUSCODES',
      '8BITMIME',
      'DSN',
      'SMTPUTF8',
    ];
  }

  #onMail(stream: CommandStream, text: string): boolean {
    if (this.#info.helo === '') return this.#answer(stream, ANSWERS.heloFirst);
    if (this.#transaction) return this.#answer(stream, ANSWERS.nestedMail);
    const mail = parseMail(text, this.#options.limits.sizeBytes);
    if ('code' in mail) return this.#answer(stream, mail);
    return this.#decide(
      stream,
      () => this.#handler!.mail(mail),
      (answer) => {
        if (answer.code < 400) this.#transaction = new Transaction(mail, this.#options.limits);
      },
    );
  }

  #onRcpt(stream: CommandStream, text: string): boolean {
    const transaction = this.#transaction;
    if (!transaction) return this.#answer(stream, ANSWERS.mailFirst);
    if (transaction.rcpts >= this.#options.limits.recipientsMax) {
      return this.#answer(stream, ANSWERS.tooManyRecipients);
    }
    const rcpt = parseRcpt(text, transaction.mail.smtputf8);
    if ('code' in rcpt) return this.#answer(stream, rcpt);
    return this.#decide(
      stream,
      () => this.#handler!.rcpt(rcpt),
      (answer) => {
        if (answer.code < 400) transaction.rcpts += 1;
        else transaction.refusedSome = true;
      },
    );
  }

  #onData(stream: CommandStream): SmtpAnswer {
    if (!this.#transaction) return ANSWERS.mailFirst;
    const content = this.#transaction.startContent(this.#options.memory);
    if ('code' in content) return content;
    stream.startContent(content);
    return ANSWERS.startData;
  }

  #checkContent(): void {
    const problem = this.#transaction!.contentProblem();
    if (problem) this.#reply(problem);
  }

  #onContentEnd(stream: CommandStream): boolean {
    const content = this.#transaction!.content!;
    const failure = this.#transaction!.contentFailure();
    if (failure) {
      this.#endContent(failure);
      return this.#writable(stream);
    }
    this.#output.flush();
    this.#deciding = true;
    this._handlerPending = true;
    void this.#guard(() => this.#handler!.content(content)).then((answer) => {
      this.#deciding = false;
      this._handlerPending = false;
      this.#endContent(answer);
      if (this.#draining) this.#reply(ANSWERS.draining);
      this.#resume(stream);
    });
    return false;
  }

  /** Answers a message, by recipient in LMTP, and ends its transaction. */
  #endContent(answer: SmtpAnswer | readonly SmtpAnswer[]): void {
    const answers = 'code' in answer ? [answer] : answer;
    const times =
      'code' in answer && this.#options.protocol === 'lmtp' ? this.#transaction!.rcpts : 1;
    if (answers.some(({ code }) => code < 400)) {
      this.#errors = 0;
      this.#commands = 0;
    }
    this.#resetTransaction();
    for (let i = 0; i < times; i += 1) for (const each of answers) this.#reply(each);
  }

  #onAuth(stream: CommandStream, line: string): boolean {
    if (!this.#handler!.authenticate) return this.#answer(stream, ANSWERS.notOffered);
    if (this.#info.tls === '') return this.#answer(stream, ANSWERS.needTls);
    if (this.#info.helo === '') return this.#answer(stream, ANSWERS.heloFirst);
    if (this.#transaction) return this.#answer(stream, ANSWERS.inTransaction);
    if (this.#authenticated) return this.#answer(stream, ANSWERS.authAlready);
    return this.#delegate(stream, this.handler_AUTH, line);
  }

  #onStartTls(stream: CommandStream, line: string, rest: string): boolean {
    if (!this.#options.tls) return this.#answer(stream, ANSWERS.notOffered);
    if (this.#info.tls !== '') return this.#answer(stream, ANSWERS.tlsAlready);
    if (rest !== '') return this.#answer(stream, ANSWERS.noParameters);
    return this.#delegate(stream, this.handler_STARTTLS, line);
  }

  /** Lets smtp-server work on a line. */
  #delegate(
    stream: CommandStream,
    handler: (this: SMTPConnection, command: Buffer, callback: () => void) => void,
    line: string,
  ): boolean {
    let waiting = false;
    let done = false;
    this._handlerPending = true;
    handler.call(this, Buffer.from(line), () => {
      done = true;
      this._handlerPending = false;
      if (waiting) this.#resume(stream);
    });
    waiting = !done;
    return done && this.#writable(stream);
  }

  /** Asks the handler and answers: at once where it knows at once, else the stream waits. */
  #decide(
    stream: CommandStream,
    ask: () => SmtpAnswer | Promise<SmtpAnswer>,
    apply: (answer: SmtpAnswer) => void,
  ): boolean {
    let result: SmtpAnswer | Promise<SmtpAnswer>;
    try {
      result = ask();
    } catch (error) {
      result = this.#failed(error);
    }
    if (!(result instanceof Promise)) {
      apply(result);
      return this.#answer(stream, result);
    }
    this._handlerPending = true;
    void this.#guard(() => result).then((answer) => {
      this._handlerPending = false;
      apply(answer);
      this.#reply(answer);
      this.#resume(stream);
    });
    return false;
  }

  async #guard<T>(ask: () => T | Promise<T>): Promise<T | SmtpAnswer> {
    try {
      return await ask();
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): SmtpAnswer {
    this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    return ANSWERS.unexpected;
  }

  #resetTransaction(): void {
    const transaction = this.#transaction;
    if (!transaction) return;
    this.#transaction = undefined;
    transaction.content?.release();
    if (!this.#over) this.#handler?.reset();
  }

  #answer(stream: CommandStream, answer: SmtpAnswer): boolean {
    this.#reply(answer);
    return this.#writable(stream);
  }

  #reply(answer: SmtpAnswer): void {
    if (this._closing || this._closed) return;
    if (answer.code >= 500) this.#errors += 1;
    this.#add(formatAnswer(answer));
    if (answer.close || answer.code === 421) this.close();
    else if (this.#errors > this.#options.limits.errorsMax) this.#reply(ANSWERS.tooManyErrors);
  }

  #add(text: string): void {
    const stream = this._parser;
    this.#output.add(text, stream instanceof CommandStream && stream.hasMore);
  }

  #send(text: string): void {
    const socket = this._socket;
    if (!this._upgrading && !socket.destroyed && socket.writable) socket.write(text);
  }

  /** Whether the peer reads what it is told; else the stream waits until it does. */
  #writable(stream: CommandStream): boolean {
    if (!this._socket.writableNeedDrain || this._socket.destroyed) return true;
    this._whenWritable(() => stream.resume());
    return false;
  }

  #resume(stream: CommandStream): void {
    this._whenWritable(() => stream.resume());
  }
}

function tlsName(socket: Socket | TLSSocket): string {
  if (!(socket instanceof TLSSocket)) return '';
  return `${socket.getProtocol() ?? 'TLS'} ${socket.getCipher()?.name ?? ''}`.trim();
}
