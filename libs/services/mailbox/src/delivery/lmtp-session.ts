import type {
  Clock,
  Directory,
  Log,
  SmtpAnswer,
  SmtpContent,
  SmtpMail,
  SmtpRcpt,
  SmtpSessionHandler,
  SmtpSessionInfo,
  Span,
  Tracer,
} from '@staffetta/core';
import { aboutMessage, noTracer } from '@staffetta/core';
import { analyze } from '@staffetta/mime';
import { arrivalOf, recordOf } from './lmtp-messages.ts';
import type { LmtpTransaction } from './lmtp-messages.ts';
import { findRecipient } from './lmtp-recipients.ts';
import type { LmtpRecipient } from './lmtp-recipients.ts';
import type { SettleGroup } from './settle-group.ts';

/** What LMTP sessions work with. */
export interface LmtpOptions {
  readonly directory: Directory;
  /** Takes what is for aliases. */
  readonly log: Log;
  /** Shared by all sessions, so that they are written together. */
  readonly settleGroup: SettleGroup;
  readonly clock: Clock;
  readonly hostname: string;
  /** Life of what goes on to the router, in milliseconds. */
  readonly expiresMs: number;
  /** True, or the answer while no mail is taken (the disk is full). */
  readonly acceptsMail: () => true | SmtpAnswer;
  /** Recipients that got 250. */
  readonly onAccepted: (recipients: number) => void;
  /** Absent: no traces. */
  readonly tracer?: Tracer;
  onError(error: unknown): void;
}

const OK: SmtpAnswer = { code: 250, enhanced: '2.1.0', text: 'Ok' };
const RECIPIENT_OK: SmtpAnswer = { code: 250, enhanced: '2.1.5', text: 'Ok' };
const UNKNOWN: SmtpAnswer = { code: 550, enhanced: '5.1.1', text: 'No such mailbox here' };
const AWAY: SmtpAnswer = { code: 451, enhanced: '4.3.0', text: 'Try again later' };
const NUL: SmtpAnswer = { code: 550, enhanced: '5.6.0', text: 'NUL octets are not allowed' };
const BARE: SmtpAnswer = { code: 550, enhanced: '5.6.0', text: 'Bare CR or LF is not allowed' };

/** Then the peer is told to come again; it may be stored all the same (RFC 1047). */
const STORE_TIMEOUT_MS = 30_000;

const BARE_LINE_END = /\r(?!\n)|(?<!\r)\n/;

/** One LMTP session (RFC 2033): each recipient is answered after the commit that stored its copy. */
export class LmtpSession implements SmtpSessionHandler {
  readonly #options: LmtpOptions;
  readonly #info: SmtpSessionInfo;
  #mail: SmtpMail | undefined;
  #recipients: LmtpRecipient[] = [];

  constructor(info: SmtpSessionInfo, options: LmtpOptions) {
    this.#info = info;
    this.#options = options;
  }

  mail(mail: SmtpMail): SmtpAnswer {
    const accepts = this.#options.acceptsMail();
    if (accepts !== true) return accepts;
    this.#mail = mail;
    return OK;
  }

  async rcpt(rcpt: SmtpRcpt): Promise<SmtpAnswer> {
    const { directory, hostname } = this.#options;
    try {
      const recipient = await findRecipient(directory, rcpt, hostname);
      if (recipient === undefined) return UNKNOWN;
      this.#recipients.push(recipient);
      return RECIPIENT_OK;
    } catch (error) {
      this.#options.onError(error);
      return AWAY;
    }
  }

  async content({ chunks }: SmtpContent): Promise<readonly SmtpAnswer[]> {
    const recipients = this.#recipients;
    const content = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const refusal = judge(content);
    if (refusal !== undefined) return recipients.map(() => refusal);
    const { hostname, expiresMs, clock, tracer = noTracer } = this.#options;
    const transaction: LmtpTransaction = {
      mail: this.#mail!,
      info: this.#info,
      content,
      structure: analyze(content),
      ...{ hostname, expiresMs, nowMs: clock.now(), tracer },
    };
    const answers = new Map<LmtpRecipient, SmtpAnswer>();
    const groups = Map.groupBy(
      recipients,
      ({ tenantId, accountId }) => `${accountId === undefined} ${tenantId}`,
    );
    await Promise.all(
      [...groups.values()].map(async (group) => {
        const pass = group[0]!.accountId === undefined ? this.#handOn : this.#store;
        for (const [recipient, answer] of await pass.call(this, transaction, group)) {
          answers.set(recipient, answer);
        }
      }),
    );
    const answered = recipients.map((recipient) => answers.get(recipient) ?? AWAY);
    this.#options.onAccepted(answered.filter(({ code }) => code === 250).length);
    return answered;
  }

  reset(): void {
    this.#mail = undefined;
    this.#recipients = [];
  }

  close(): void {
    this.reset();
  }

  /** Stores the copies of one tenant's accounts; those that are gone are left out and the rest is tried again. */
  async #store(
    transaction: LmtpTransaction,
    group: readonly LmtpRecipient[],
  ): Promise<Map<LmtpRecipient, SmtpAnswer>> {
    const answers = new Map<LmtpRecipient, SmtpAnswer>();
    for (let left = group; left.length > 0;) {
      const arrival = arrivalOf(transaction, left[0]!.tenantId, left);
      const settled = await this.#attempt(arrival.messageId, arrival.span, () =>
        this.#options.settleGroup.settle(arrival),
      );
      if (settled?.kind !== 'gone') {
        const answer = settled === undefined ? AWAY : stored(arrival.messageId);
        for (const recipient of left) answers.set(recipient, answer);
        break;
      }
      const gone = new Set(settled.accountIds);
      for (const one of left) if (gone.has(one.accountId ?? '')) answers.set(one, UNKNOWN);
      left = left.filter((one) => !answers.has(one));
    }
    return answers;
  }

  async #handOn(
    transaction: LmtpTransaction,
    group: readonly LmtpRecipient[],
  ): Promise<Map<LmtpRecipient, SmtpAnswer>> {
    const { record, event, span } = recordOf(transaction, group[0]!.tenantId, group);
    const appended = await this.#attempt(event.messageId, span, async () => {
      await this.#options.log.append([record], [event]);
      return true;
    });
    const answer = appended === undefined ? AWAY : stored(event.messageId);
    return new Map(group.map((recipient) => [recipient, answer]));
  }

  async #attempt<Result>(
    messageId: string,
    span: Span | undefined,
    step: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('not stored in time')), STORE_TIMEOUT_MS);
    try {
      const result = await Promise.race([step(), late.promise]);
      span?.end();
      return result;
    } catch (error) {
      span?.end('not_stored');
      this.#options.onError(aboutMessage(error, messageId));
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

function stored(messageId: string): SmtpAnswer {
  return { code: 250, enhanced: '2.0.0', text: `Ok: queued as ${messageId}` };
}

/** What cannot be kept as a message: IMAP has no way to give NUL, and lines end with CRLF (RFC 5321 §2.3.8). */
function judge(content: Buffer): SmtpAnswer | undefined {
  if (content.includes(0)) return NUL;
  return BARE_LINE_END.test(content.toString('latin1')) ? BARE : undefined;
}
