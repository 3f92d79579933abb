import type {
  Envelope,
  MailEvent,
  Random,
  Recipient,
  RecipientEvent,
  RecipientOutcome,
  SmtpReply,
} from '@staffetta/core';
import type { NotifiedRecipient } from '@staffetta/dsn';
import { nextAttemptAtMs } from './retry-schedule.ts';
import type { RetryBounds } from './retry-schedule.ts';

/** What follows from one attempt, as values. */
export interface Decision {
  readonly events: readonly RecipientEvent[];
  /** The recipients to be tried again, with their attempts counted; and when. */
  readonly retry:
    | {
        readonly recipients: readonly Recipient[];
        readonly atMs: number;
        readonly lastReply: SmtpReply | undefined;
        readonly reason: string;
      }
    | undefined;
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
}

/** Decides what becomes of each recipient of a message after an attempt. */
export function decide(
  envelope: Envelope,
  outcomes: readonly RecipientOutcome[],
  context: DecisionContext,
): Decision {
  const events: RecipientEvent[] = [];
  const notify: NotifiedRecipient[] = [];
  const again: { recipient: Recipient; outcome: RecipientOutcome }[] = [];
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
  if (again.length === 0) return { events, retry: undefined, notify };
  const retry = retryOf(envelope, again, context);
  for (const { recipient, outcome } of again) {
    events.push({
      ...eventBase(envelope, recipient, context),
      type: 'deferred',
      ...why(outcome),
      ...(outcome.kind === 'uncertain' && { uncertain: true }),
      nextAttemptAtMs: retry.atMs,
    });
  }
  return { events, retry, notify };
}

function retryOf(
  envelope: Envelope,
  again: readonly { recipient: Recipient; outcome: RecipientOutcome }[],
  { nowMs, bounds, random }: DecisionContext,
): NonNullable<Decision['retry']> {
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

function notified(
  recipient: Recipient,
  action: NotifiedRecipient['action'],
  outcome: RecipientOutcome,
): NotifiedRecipient {
  const reply = 'reply' in outcome ? outcome.reply : undefined;
  const statusDefault = action === 'failed' ? '5.0.0' : '2.0.0';
  return {
    recipient,
    action,
    status: reply?.enhanced ?? statusDefault,
    reply,
    reason: 'reason' in outcome ? outcome.reason : '',
  };
}
