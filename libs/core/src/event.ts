import type { Envelope } from './envelope.ts';
import type { SmtpReply } from './ports/smtp-client.ts';

/** Outcomes and steps of one recipient; each but `deferred` is counted in the ledger. */
export type RecipientEventType =
  | 'delivered'
  | 'deferred'
  | 'bounced'
  | 'expired'
  | 'suppressed'
  | 'removed'
  | 'replaced'
  | 'merged'
  | 'added'
  | 'discarded';

/** Every type of event that a message can have. */
export type MailEventType = 'accepted' | RecipientEventType;

/** A message was accepted with all its recipients; the trace of the message begins with it. */
export interface AcceptedEvent {
  readonly type: 'accepted';
  readonly messageId: string;
  readonly tenantId: string;
  readonly atMs: number;
  readonly envelope: Envelope;
  /** The Subject field as received, at most 200 characters; empty where unknown. */
  readonly subject: string;
}

/** Something happened to one recipient. */
export interface RecipientEvent {
  readonly type: RecipientEventType;
  readonly messageId: string;
  readonly tenantId: string;
  /** The recipient's number within the message. */
  readonly recipient: number;
  readonly atMs: number;
  /** For `added`: the new recipient's address. */
  readonly address?: string;
  /** Number of the attempt, from 1; absent where nothing was tried. */
  readonly attempt?: number;
  readonly site?: string;
  /** The remote server's reply, where there was one. */
  readonly reply?: SmtpReply;
  /** Why, in words for the operator, where no reply says it; bounded to 500 characters. */
  readonly reason?: string;
  /** The final reply of the attempt was lost: it may have been delivered (RFC 1047). */
  readonly uncertain?: boolean;
  /** For `deferred`: when it is tried again, in milliseconds since 1970. */
  readonly nextAttemptAtMs?: number;
  /** Message made in consequence: the DSN. */
  readonly causedMessageId?: string;
}

/** An event of the trace, written with the transaction that made it true. */
export type MailEvent = AcceptedEvent | RecipientEvent;

/** What the ledger adds for events of these types: entries that begin, and entries that end. */
export const LEDGER_BEGIN = ['accepted', 'added'] as const;
export const LEDGER_END = [
  'delivered',
  'bounced',
  'expired',
  'suppressed',
  'removed',
  'merged',
  'replaced',
  'discarded',
] as const;
