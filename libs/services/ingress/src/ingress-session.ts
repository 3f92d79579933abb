import { LogUnavailable, aboutMessage, endSpans } from '@staffetta/core';
import type {
  SmtpAnswer,
  SmtpContent,
  SmtpMail,
  SmtpRcpt,
  SmtpSessionHandler,
  SmtpSessionInfo,
} from '@staffetta/core';
import { ANSWERS, queued } from './answers.ts';
import { refuse } from './context.ts';
import type { IngressContext } from './context.ts';
import { placeRecipient } from './judge-recipient.ts';
import type { RecipientPlace } from './judge-recipient.ts';
import { makeMessages } from './make-messages.ts';
import type { AcceptedRecipient } from './make-messages.ts';
import type { Door, RefusalReason } from './options.ts';
import { readContent } from './read-content.ts';
import type { ContentRules } from './read-content.ts';
import type { MailSubmitter } from './submitter.ts';

/** What a door decides by itself. */
export type Judgement =
  | { readonly kind: 'ok'; readonly tenantId: string }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly answer: SmtpAnswer };

/** A session at any of the doors: from MAIL to the durable append. */
export abstract class IngressSession implements SmtpSessionHandler {
  protected readonly context: IngressContext;
  protected readonly door: Door;
  protected readonly info: SmtpSessionInfo;
  readonly #onClose: () => void;
  #mail: SmtpMail | undefined;
  #beganAtMs = 0;
  #recipients: AcceptedRecipient[] = [];

  constructor(context: IngressContext, door: Door, info: SmtpSessionInfo, onClose: () => void) {
    this.context = context;
    this.door = door;
    this.info = info;
    this.#onClose = onClose;
  }

  /** The answer to MAIL that refuses the reverse-path, if any. */
  protected abstract judgeSender(mail: SmtpMail): Promise<SmtpAnswer | undefined>;
  protected abstract judgeRcpt(place: RecipientPlace): Judgement;
  protected abstract contentRules(): ContentRules;
  /** Who submits the mail of this transaction; undefined for a stranger at the MX door. */
  protected abstract submitter(): MailSubmitter | undefined;

  async mail(mail: SmtpMail): Promise<SmtpAnswer> {
    const room = this.context.acceptsMail();
    if (room !== true) return this.refuse('storage', room);
    this.#beganAtMs = this.context.clock.now();
    const refused = await this.ask(() => this.judgeSender(mail));
    if (refused) return refused;
    this.#mail = mail;
    return ANSWERS.senderOk;
  }

  async rcpt(rcpt: SmtpRcpt): Promise<SmtpAnswer> {
    const { directory, options } = this.context;
    const place = await this.ask(() => placeRecipient(directory, rcpt.address, options.hostname));
    if ('code' in place) return place;
    if (place.kind === 'refused') return this.refuse('recipient', place.answer);
    const judgement = this.judgeRcpt(place);
    if (judgement.kind === 'refused') return this.refuse(judgement.reason, judgement.answer);
    this.#recipients.push({ ...rcpt, address: place.address, tenantId: judgement.tenantId });
    return ANSWERS.recipientOk;
  }

  async content(content: SmtpContent): Promise<SmtpAnswer> {
    const read = readContent(content, this.contentRules());
    if ('code' in read) return this.refuse(read === ANSWERS.loop ? 'loop' : 'content', read);
    const submitter = this.submitter();
    const made = makeMessages(read, {
      mail: this.#mail!,
      recipients: this.#recipients,
      submitter,
      door: this.door,
      info: this.info,
      beganAtMs: this.#beganAtMs,
      nowMs: this.context.clock.now(),
      tracer: this.context.tracer,
      options: this.context.options,
    });
    try {
      await this.context.log.append(made.records, made.events);
    } catch (error) {
      endSpans(made.spans, 'log_unavailable');
      if (error instanceof LogUnavailable) return this.refuse('log', ANSWERS.logUnavailable);
      throw aboutMessage(error, made.events[0]?.messageId ?? '');
    }
    endSpans(made.spans);
    this.context.metrics.accepted(this.door, this.#recipients.length, content.sizeBytes);
    return queued(made.events.map(({ messageId }) => messageId));
  }

  reset(): void {
    this.#mail = undefined;
    this.#recipients = [];
  }

  close(): void {
    this.#onClose();
  }

  protected refuse(reason: RefusalReason, answer: SmtpAnswer): SmtpAnswer {
    return refuse(this.context, this.door, reason, answer);
  }

  /** Asks the directory; where it is away nothing is known, and the peer comes back. */
  protected async ask<T>(question: () => Promise<T>): Promise<T | SmtpAnswer> {
    try {
      return await question();
    } catch {
      return this.refuse('directory', ANSWERS.directoryUnavailable);
    }
  }
}
