import type {
  LocalCopy,
  LogRecord,
  MailEvent,
  Recipient,
  RecipientEvent,
  SmtpReply,
  StoredRecord,
} from '@staffetta/core';
import { notifySender } from '@staffetta/dsn';
import type { NotifyContext } from '@staffetta/dsn';
import type { AnalyzedBody } from './analyzed-body.ts';
import { deliveryFields } from './trace-fields.ts';

/** What becomes of one record of `local`. */
export interface RecordOutcome {
  readonly copies: readonly LocalCopy[];
  readonly events: readonly MailEvent[];
  readonly records: readonly LogRecord[];
}

/** RFC 3463 §3.2: the mailbox is not there any more. */
const NO_MAILBOX: SmtpReply = {
  code: 550,
  enhanced: '5.1.1',
  text: 'No such mailbox here any more',
  host: '',
  command: '',
};

/**
 * Copies for the accounts that are there, an event for each recipient, and the report that the sender asked for
 * (NOTIFY=SUCCESS) or gets because an account is gone.
 */
export function settleRecord(
  { envelope }: StoredRecord,
  analyzed: AnalyzedBody,
  gone: ReadonlySet<string>,
  context: NotifyContext,
): RecordOutcome {
  const { messageId, tenantId, reversePath, recipients } = envelope;
  const isGone = ({ accountId }: Recipient): boolean => gone.has(accountId);
  const report = notifySender(
    envelope,
    recipients.map((recipient) => ({
      recipient,
      action: isGone(recipient) ? 'failed' : 'delivered',
      status: isGone(recipient) ? '5.1.1' : '2.0.0',
      reply: isGone(recipient) ? NO_MAILBOX : undefined,
      reason: '',
    })),
    analyzed.body,
    context,
  );
  const copies = recipients
    .filter((recipient) => !isGone(recipient))
    .map(({ accountId, address }) => ({
      accountId,
      message: {
        ...analyzed,
        prefix: deliveryFields({ reversePath, recipient: address }),
        flags: [],
        internalDateMs: context.nowMs,
      },
    }));
  const events = recipients.map<RecipientEvent>((recipient) => ({
    type: !isGone(recipient) ? 'delivered' : reversePath === '' ? 'discarded' : 'bounced',
    messageId,
    tenantId,
    recipient: recipient.number,
    atMs: context.nowMs,
    ...(isGone(recipient) && { reply: NO_MAILBOX }),
    ...(report && { causedMessageId: report.event.messageId }),
  }));
  return report === undefined
    ? { copies, events, records: [] }
    : { copies, events: [...events, report.event], records: [report.record] };
}
