import type { OutgoingMessage, SendResult, SmtpConnection, SmtpTarget } from '@staffetta/core';
import { needsContent, planTransaction } from '@staffetta/smtp';
import type { SmtpExtensions, TransactionPlan } from '@staffetta/smtp';
import { ask } from './ask.ts';
import type { SmtpClientSettings } from './options.ts';
import { Transaction } from './transaction.ts';
import type { TransactionEnd } from './transaction.ts';
import type { ReplyReader, Wire } from './wire.ts';

/** A session past EHLO. */
export class SmtpSession implements SmtpConnection {
  readonly target: SmtpTarget;
  readonly tls: string;
  readonly extensions: SmtpExtensions;
  readonly closed: Promise<void>;
  readonly #wire: Wire;
  readonly #settings: SmtpClientSettings;
  readonly #pipelining: boolean;
  #messagesSent = 0;
  #busy = false;
  #transaction: Transaction | undefined;
  #latest: Promise<SendResult> | undefined;
  #closing = false;
  #resetNeeded = false;

  constructor(
    wire: Wire,
    target: SmtpTarget,
    settings: SmtpClientSettings,
    hello: { readonly tls: string; readonly extensions: SmtpExtensions },
  ) {
    this.target = target;
    this.tls = hello.tls;
    this.extensions = hello.extensions;
    this.closed = wire.closed;
    this.#wire = wire;
    this.#settings = settings;
    this.#pipelining = hello.extensions.has('PIPELINING');
    wire.read(this.#idle);
  }

  get usable(): boolean {
    return this.#wire.open && !this.#closing;
  }

  get messagesSent(): number {
    return this.#messagesSent;
  }

  get awaitsFinalReply(): boolean {
    return this.#transaction?.awaitsFinalReply === true;
  }

  send(message: OutgoingMessage): Promise<SendResult> {
    if (this.#busy) throw new Error('a transaction is under way');
    this.#busy = true;
    this.#latest = this.#send(message);
    return this.#latest;
  }

  async close(): Promise<void> {
    if (this.#closing) return this.closed;
    this.#closing = true;
    await this.#latest;
    if (!this.#wire.open) return this.closed;
    await ask(this.#wire, 'QUIT', this.#settings.timeouts.quitMs);
    // The server ends the connection: the side that ends it first holds the port for a while.
    this.#wire.expect('end of the connection', this.#settings.timeouts.quitMs);
    return this.closed;
  }

  destroy(): void {
    this.#wire.destroy('the connection was cut by this relay');
  }

  /** Between messages a server has nothing to say but that it closes. */
  readonly #idle: ReplyReader = {
    onReply: (reply) => this.#wire.destroy(`the server said ${reply.code} between messages`),
    onLost: () => undefined,
  };

  #send(message: OutgoingMessage): Promise<SendResult> {
    if (!this.usable)
      return this.#over(failed(message, 'the connection is closed', this.tls !== ''));
    if (!needsContent(message, this.extensions)) return this.#transact(message, undefined);
    if (Buffer.isBuffer(message.body)) return this.#transact(message, message.body);
    return this.#gather(message, message.body);
  }

  async #gather(message: OutgoingMessage, body: () => AsyncIterable<Buffer>): Promise<SendResult> {
    try {
      const content = await gathered(body(), this.#settings.conversionMaxBytes);
      return await this.#transact(message, content);
    } catch (error) {
      const reason = `the content could not be read: ${error instanceof Error ? error.message : String(error)}`;
      return await this.#over(failed(message, reason, this.tls !== ''));
    }
  }

  #transact(message: OutgoingMessage, content: Buffer | undefined): Promise<SendResult> {
    const plan = planTransaction(message, this.extensions, content);
    if (plan.rcpts.length === 0) return this.#over(this.#refused(plan));
    this.#messagesSent += 1;
    return new Promise((resolve) => {
      const done = (end: TransactionEnd) => {
        this.#resetNeeded = end.resetNeeded;
        this.#busy = false;
        this.#transaction = undefined;
        this.#wire.read(this.#idle);
        resolve(end.result);
      };
      const session = {
        host: this.target.host,
        tls: this.tls !== '',
        lmtp: this.target.lmtp === true,
        pipelining: this.#pipelining,
        timeouts: this.#settings.timeouts,
      };
      this.#transaction = new Transaction(this.#wire, session, message, plan, done);
      this.#transaction.start(this.#resetNeeded);
    });
  }

  #refused(plan: TransactionPlan): SendResult {
    const outcomes = plan.refusals.map(
      ({ reply }) => ({ kind: 'rejected-permanent', reply }) as const,
    );
    return {
      outcomes,
      tls: this.tls !== '',
      dsnRelayed: false,
      converted: false,
      unanswered: false,
    };
  }

  /** A result without a transaction. */
  #over(result: SendResult): Promise<SendResult> {
    this.#busy = false;
    return Promise.resolve(result);
  }
}

function failed(message: OutgoingMessage, reason: string, tls: boolean): SendResult {
  const outcomes = message.recipients.map(() => ({ kind: 'failed', reason }) as const);
  return { outcomes, tls, dsnRelayed: false, converted: false, unanswered: true };
}

/** The whole content, or undefined where it is larger than allowed. */
async function gathered(
  pieces: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const kept: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of pieces) {
    sizeBytes += piece.length;
    if (sizeBytes > maxBytes) return undefined;
    kept.push(piece);
  }
  return Buffer.concat(kept);
}
