import type {
  Envelope,
  MailEvent,
  Random,
  Recipient,
  RecipientEvent,
  RecipientOutcome,
  SmtpReply,
} from '@staffetta/core';
import { wantsNotification } from '@staffetta/dsn';
import type { NotifiedRecipient } from '@staffetta/dsn';
import { nextAttemptAtMs } from './retry-schedule.ts';
import type { RetryBounds } from './retry-schedule.ts';

/** Recipients to be tried again, with their attempts counted; and when. */
export interface Retry {
  readonly recipients: readonly Recipient[];
  readonly atMs: number;
  readonly lastReply: SmtpReply | undefined;
  readonly reason: string;
}

/** What follows from one attempt, as values. */
export interface Decision {
  readonly events: readonly RecipientEvent[];
  readonly retry: Retry | undefined;
  /** One for whom the server closes the session again and again: it is tried apart from the others. */
  readonly apart: Retry | undefined;
  /** What the sender may want to be told. */
  readonly notify: readonly NotifiedRecipient[];
}

/** What decides beside the outcomes. */
export interface DecisionContext {
  readonly nowMs: number;
  readonly site: string;
  readonly bounds: RetryBounds;
  readonly random: Random;
  /** The server took over the sender's wish for a report of success. */
  readonly dsnRelayed: boolean;
  /** The sender who asked for it is told of a delay after this time; 0 for never. */
  readonly delayNoticeMs: number;
}

/** Decides what becomes of each recipient of a message after an attempt. */
export function decide(
  envelope: Envelope,
  outcomes: readonly RecipientOutcome[],
  context: DecisionContext,
): Decision {
  const events: RecipientEvent[] = [];
  const notify: NotifiedRecipient[] = [];
  const again: Again[] = [];
  for (const [index, recipient] of envelope.recipients.entries()) {
    const outcome = outcomes[index]!;
    if (outcome.kind === 'delivered') {
      events.push({
        ...eventBase(envelope, recipient, context),
        type: 'delivered',
        reply: outcome.reply,
      });
      if (!context.dsnRelayed) notify.push(notified(recipient, 'relayed', outcome));
    } else if (outcome.kind === 'rejected-permanent') {
      events.push({ ...failure(envelope, recipient, context, 'bounced'), reply: outcome.reply });
      notify.push(notified(recipient, 'failed', outcome));
    } else if (context.nowMs >= envelope.expiresAtMs) {
      events.push({ ...failure(envelope, recipient, context, 'expired'), ...why(outcome) });
      notify.push({ ...notified(recipient, 'failed', outcome), status: '4.4.7' });
    } else again.push({ recipient, outcome });
  }
  if (again.length === 0) return { events, retry: undefined, apart: undefined, notify };
  const delayed = again.filter((one) => isDelayNotice(envelope, one, context));
  for (const { recipient, outcome } of delayed) {
    const retried = { willRetryUntilMs: envelope.expiresAtMs };
    notify.push({ ...notified(recipient, 'delayed', outcome), ...retried });
  }
  const told = again.map((one) =>
    delayed.includes(one) ? { ...one, recipient: { ...one.recipient, delayTold: true } } : one,
  );
  const closers = told.length > 1 ? told.filter(isCloser) : [];
  const others = told.filter((one) => !closers.includes(one));
  const retry = retryOf(envelope, others.length > 0 ? others : told, context);
  const apart =
    closers.length > 0 && others.length > 0 ? retryOf(envelope, closers, context) : undefined;
  for (const one of told) {
    const nextAttemptAtMs = apart && closers.includes(one) ? apart.atMs : retry.atMs;
    events.push(deferral(envelope, one, { ...context, nextAttemptAtMs }));
  }
  return { events, retry, apart, notify };
}

interface Again {
  readonly recipient: Recipient;
  readonly outcome: RecipientOutcome;
}

/** RFC 3461 §4.1: who asked for it is told of a delay, once. */
function isDelayNotice(
  envelope: Envelope,
  { recipient }: Again,
  { nowMs, delayNoticeMs }: DecisionContext,
): boolean {
  const isLate = delayNoticeMs > 0 && nowMs - envelope.acceptedAtMs >= delayNoticeMs;
  return isLate && !recipient.delayTold && wantsNotification(recipient.notify, 'delayed');
}

/** Its RCPT drew a 421, and not for the first time: that may be for this recipient, and the others suffer. */
function isCloser({ recipient, outcome }: Again): boolean {
  return recipient.attempts > 0 && isClosing(outcome);
}

/** The server closed the session at a recipient (RFC 5321 §3.8). */
export function isClosing(outcome: RecipientOutcome): boolean {
  if (outcome.kind !== 'rejected-temporary') return false;
  return outcome.reply.code === 421 && outcome.reply.command === 'RCPT TO';
}

function deferral(
  envelope: Envelope,
  { recipient, outcome }: Again,
  context: DecisionContext & { readonly nextAttemptAtMs: number },
): RecipientEvent {
  return {
    ...eventBase(envelope, recipient, context),
    type: 'deferred',
    ...why(outcome),
    ...(outcome.kind === 'uncertain' && { uncertain: true }),
    nextAttemptAtMs: context.nextAttemptAtMs,
  };
}

function retryOf(
  envelope: Envelope,
  again: readonly Again[],
  { nowMs, bounds, random }: DecisionContext,
): Retry {
  const attempts = Math.max(...again.map(({ recipient }) => recipient.attempts)) + 1;
  const last = again.at(-1)!.outcome;
  return {
    recipients: again.map(({ recipient }) => ({ ...recipient, attempts: recipient.attempts + 1 })),
    // The last attempt is when the message expires.
    atMs: Math.min(nextAttemptAtMs(attempts, nowMs, bounds, random), envelope.expiresAtMs),
    lastReply: 'reply' in last ? last.reply : undefined,
    reason: 'reason' in last ? last.reason : '',
  };
}

function eventBase(
  envelope: Envelope,
  recipient: Recipient,
  { nowMs, site }: DecisionContext,
): Omit<RecipientEvent, 'type'> {
  return {
    messageId: envelope.messageId,
    tenantId: envelope.tenantId,
    recipient: recipient.number,
    atMs: nowMs,
    attempt: recipient.attempts + 1,
    site,
  };
}

/** A report about a report has nobody to go to: its entry ends as discarded. */
function failure(
  envelope: Envelope,
  recipient: Recipient,
  context: DecisionContext,
  type: 'bounced' | 'expired',
): RecipientEvent {
  const discarded = envelope.reversePath === '';
  return { ...eventBase(envelope, recipient, context), type: discarded ? 'discarded' : type };
}

function why(
  outcome: RecipientOutcome,
): Partial<Pick<MailEvent & RecipientEvent, 'reply' | 'reason'>> {
  return {
    ...('reply' in outcome && outcome.reply && { reply: outcome.reply }),
    ...('reason' in outcome && { reason: outcome.reason }),
  };
}

const STATUS_DEFAULTS: Readonly<Record<NotifiedRecipient['action'], string>> = {
  failed: '5.0.0',
  delayed: '4.0.0',
  delivered: '2.0.0',
  relayed: '2.0.0',
};

function notified(
  recipient: Recipient,
  action: NotifiedRecipient['action'],
  outcome: RecipientOutcome,
): NotifiedRecipient {
  const reply = 'reply' in outcome ? outcome.reply : undefined;
  const statusDefault = STATUS_DEFAULTS[action];
  return {
    recipient,
    action,
    status: reply?.enhanced ?? statusDefault,
    reply,
    reason: 'reason' in outcome ? outcome.reason : '',
  };
}
