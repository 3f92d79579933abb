import type { OutgoingMessage, RecipientOutcome, SendResult, SmtpReply } from '@staffetta/core';
import { DotStuffer, isPermanent, isPositive, isTransient, toSmtpReply } from '@staffetta/smtp';
import type { ParsedReply, TransactionPlan } from '@staffetta/smtp';
import { BLOCK_BYTES, writeContent } from './content-writer.ts';
import type { SmtpTimeouts } from './options.ts';
import type { ReplyReader, Wire } from './wire.ts';

/** What a transaction has to know of its session. */
export interface TransactionSession {
  readonly host: string;
  readonly tls: boolean;
  readonly lmtp: boolean;
  readonly pipelining: boolean;
  readonly timeouts: SmtpTimeouts;
}

/** How it ended. */
export interface TransactionEnd {
  readonly result: SendResult;
  /** The server still holds an envelope: RSET goes before the next MAIL. */
  readonly resetNeeded: boolean;
}

type Step = 'RSET' | 'MAIL FROM' | 'RCPT TO' | 'DATA' | 'content' | 'end of DATA' | 'over';

const CLOSING = 421;
const NOTHING = new DotStuffer();

/**
 * One message, from MAIL to the reply to its final dot. With PIPELINING the envelope goes in one write and the
 * content in a second (RFC 2920); replies are counted off in the order of the commands.
 */
export class Transaction implements ReplyReader {
  readonly #wire: Wire;
  readonly #session: TransactionSession;
  readonly #message: OutgoingMessage;
  readonly #plan: TransactionPlan;
  readonly #done: (end: TransactionEnd) => void;
  readonly #outcomes: (RecipientOutcome | undefined)[];
  /** Indexes of recipients that the server took at RCPT. */
  readonly #accepted: number[] = [];
  #step: Step;
  /** Replies to RCPT, and in LMTP replies after the final dot. */
  #counted = 0;
  #mailRefusal: SmtpReply | undefined;
  #answered = false;

  constructor(
    wire: Wire,
    session: TransactionSession,
    message: OutgoingMessage,
    plan: TransactionPlan,
    done: (end: TransactionEnd) => void,
  ) {
    this.#wire = wire;
    this.#session = session;
    this.#message = message;
    this.#plan = plan;
    this.#done = done;
    this.#step = 'MAIL FROM';
    this.#outcomes = new Array<RecipientOutcome | undefined>(message.recipients.length);
    for (const { index, reply } of plan.refusals) this.#outcomes[index] = byCode(reply);
  }

  /** Says what can be said at once. */
  start(resetNeeded: boolean): void {
    this.#step = resetNeeded ? 'RSET' : 'MAIL FROM';
    this.#wire.read(this);
    if (!this.#session.pipelining)
      return this.#say(this.#step, resetNeeded ? 'RSET' : this.#plan.mail);
    let group = resetNeeded ? `RSET\r\n${this.#plan.mail}\r\n` : `${this.#plan.mail}\r\n`;
    for (const { command } of this.#plan.rcpts) group += `${command}\r\n`;
    this.#write(`${group}DATA\r\n`);
    this.#await(this.#step);
  }

  /** The whole message was handed to the system, and the server has not said what became of it. */
  get awaitsFinalReply(): boolean {
    return this.#step === 'end of DATA' && this.#wire.lastWritten;
  }

  onReply(reply: ParsedReply): void {
    this.#answered = true;
    switch (this.#step) {
      case 'RSET':
        return this.#onRset(reply);
      case 'MAIL FROM':
        return this.#onMail(reply);
      case 'RCPT TO':
        return this.#onRcpt(reply);
      case 'DATA':
        return this.#onData(reply);
      case 'content':
        return this.#onEarly(reply);
      case 'end of DATA':
        return this.#onEnd(reply);
      case 'over':
        return this.#wire.destroy('the server sent a reply to nothing');
    }
  }

  onLost(reason: string): void {
    if (this.#step === 'over') return;
    this.#settle(
      this.awaitsFinalReply ? { kind: 'uncertain', reason } : { kind: 'failed', reason },
    );
    this.#finish(false);
  }

  #onRset(reply: ParsedReply): void {
    if (!isPositive(reply.code)) return this.#fault(reply);
    this.#say('MAIL FROM', this.#plan.mail);
  }

  #onMail(reply: ParsedReply): void {
    if (reply.code === CLOSING) return this.#fault(reply);
    if (isPositive(reply.code)) return this.#sayRcpt();
    if (!isRefusal(reply.code)) return this.#fault(reply);
    this.#mailRefusal = this.#named(reply);
    this.#settle(byCode(this.#mailRefusal));
    if (!this.#session.pipelining) return this.#finish(false);
    this.#sayRcpt();
  }

  #onRcpt(reply: ParsedReply): void {
    const { index } = this.#plan.rcpts[this.#counted]!;
    if (reply.code === CLOSING) {
      // It may be this recipient that the server closes for: it is told apart from the others.
      if (this.#mailRefusal === undefined) this.#outcomes[index] = byCode(this.#named(reply));
      return this.#fault(reply);
    }
    this.#counted += 1;
    if (this.#mailRefusal === undefined) {
      if (isPositive(reply.code)) this.#accepted.push(index);
      else if (isRefusal(reply.code)) this.#outcomes[index] = byCode(this.#named(reply));
      else return this.#fault(reply);
    }
    if (this.#counted < this.#plan.rcpts.length) return this.#sayRcpt();
    if (this.#accepted.length === 0 && !this.#session.pipelining) return this.#finish(true);
    this.#say('DATA', 'DATA');
  }

  #onData(reply: ParsedReply): void {
    if (reply.code >= 300 && reply.code < 400) {
      if (this.#accepted.length > 0) return this.#sendContent();
      // Nobody takes it, yet the server waits for it: it gets an empty message for nobody.
      if (!this.#session.lmtp) return this.#sendLast(undefined, NOTHING.end());
      // RFC 2033 §4.2: LMTP has no reply for nobody.
      this.#wire.destroy('the server waits for content for nobody');
      return this.#finish(false);
    }
    if (reply.code === CLOSING || !isRefusal(reply.code)) return this.#fault(reply);
    this.#settle(byCode(this.#named(reply)));
    this.#finish(this.#mailRefusal === undefined);
  }

  /** Said before the final dot: the server has not, and never gets, the whole message. */
  #onEarly(reply: ParsedReply): void {
    if (reply.code === CLOSING || !isRefusal(reply.code)) return this.#fault(reply);
    this.#settle(byCode(this.#named(reply)));
    this.#wire.destroy('the server replied before the end of the content');
    this.#finish(false);
  }

  #onEnd(reply: ParsedReply): void {
    if (!isPositive(reply.code) && !isRefusal(reply.code))
      return this.#wire.destroy(`the server answered the final dot with ${reply.code}`);
    const outcome = byCode(this.#named(reply));
    if (this.#session.lmtp && this.#accepted.length > 0) {
      this.#outcomes[this.#accepted[this.#counted]!] = outcome;
      this.#counted += 1;
      if (this.#counted < this.#accepted.length) return this.#await('end of DATA');
    } else {
      this.#settle(outcome);
    }
    if (reply.code === CLOSING) this.#wire.destroy('the server closes the session');
    this.#finish(false);
  }

  /** The session cannot go on; the server has no message. */
  #fault(parsed: ParsedReply): void {
    const reply = this.#named(parsed);
    const reason =
      reply.code === CLOSING
        ? 'the server closes the session'
        : `the server answered ${reply.command} with ${reply.code}`;
    this.#settle({ kind: 'failed', reason, reply });
    this.#wire.destroy(reason);
    this.#finish(false);
  }

  #sayRcpt(): void {
    this.#say('RCPT TO', this.#plan.rcpts[this.#counted]!.command);
  }

  /** The next step; with PIPELINING its command has been said already. */
  #say(step: Step, command: string): void {
    if (!this.#session.pipelining) this.#write(`${command}\r\n`);
    this.#await(step);
  }

  #write(text: string): void {
    this.#wire.write(text, this.#plan.smtputf8 ? 'utf8' : 'latin1');
  }

  #await(step: Step): void {
    this.#step = step;
    this.#wire.expect(AWAITED[step], timeoutMs(step, this.#session.timeouts));
  }

  #sendContent(): void {
    this.#counted = 0;
    const { body } = this.#message;
    const content = this.#plan.content ?? body;
    if (Buffer.isBuffer(content) && content.length <= BLOCK_BYTES) {
      const stuffer = new DotStuffer();
      const stuffed = stuffer.push(content);
      return this.#sendLast(stuffed, stuffer.end());
    }
    this.#step = 'content';
    void this.#stream(Buffer.isBuffer(content) ? content : content());
  }

  async #stream(content: Buffer | AsyncIterable<Buffer>): Promise<void> {
    const expectedBytes = this.#plan.content?.length ?? this.#message.sizeBytes;
    try {
      const written = await writeContent(this.#wire, content, this.#session.timeouts.blockMs);
      if (written === undefined || this.#step !== 'content') return;
      if (written.sizeBytes === expectedBytes) return this.#sendLast(undefined, written.end);
      this.#abandon(`the content has ${written.sizeBytes} octets instead of ${expectedBytes}`);
    } catch (error) {
      if (this.#step !== 'content') return;
      this.#abandon(
        `the content could not be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** Our own fault: without its end the server drops the message. */
  #abandon(reason: string): void {
    this.#settle({ kind: 'failed', reason });
    this.#wire.destroy(reason);
    this.#finish(false);
  }

  #sendLast(content: Buffer | undefined, end: Buffer): void {
    if (this.#message.mayEnd?.() === false) return this.#abandon('it may not be ended any more');
    this.#wire.writeLast(content, end);
    this.#await('end of DATA');
  }

  #named(reply: ParsedReply): SmtpReply {
    const command = this.#step === 'content' ? 'DATA' : this.#step;
    return toSmtpReply(reply, this.#session.host, command);
  }

  /** For every recipient that has no outcome yet. */
  #settle(outcome: RecipientOutcome): void {
    for (let index = 0; index < this.#outcomes.length; index += 1)
      this.#outcomes[index] ??= outcome;
  }

  #finish(resetNeeded: boolean): void {
    this.#step = 'over';
    this.#wire.rest();
    const result: SendResult = {
      outcomes: this.#outcomes as RecipientOutcome[],
      tls: this.#session.tls,
      dsnRelayed: this.#plan.dsn,
      converted: this.#plan.content !== undefined,
      unanswered: !this.#answered,
    };
    this.#done({ result, resetNeeded });
  }
}

const AWAITED: Readonly<Record<Step, string>> = {
  RSET: 'reply to RSET',
  'MAIL FROM': 'reply to MAIL FROM',
  'RCPT TO': 'reply to RCPT TO',
  DATA: 'reply to DATA',
  content: 'progress of the content',
  'end of DATA': 'reply to the final dot',
  over: 'reply',
};

function timeoutMs(step: Step, timeouts: SmtpTimeouts): number {
  switch (step) {
    case 'RCPT TO':
      return timeouts.rcptMs;
    case 'DATA':
      return timeouts.dataMs;
    case 'end of DATA':
      return timeouts.endOfDataMs;
    default:
      return timeouts.mailMs;
  }
}

function isRefusal(code: number): boolean {
  return isTransient(code) || isPermanent(code);
}

function byCode(reply: SmtpReply): RecipientOutcome {
  if (isPositive(reply.code)) return { kind: 'delivered', reply };
  return { kind: isTransient(reply.code) ? 'rejected-temporary' : 'rejected-permanent', reply };
}
