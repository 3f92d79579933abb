import type { MailEvent } from '../event.ts';
import type { NewMessage } from '../mailbox.ts';
import type { LaneLease } from './lanes.ts';
import type { LogRecord } from './log.ts';

/** One copy of a message, for the INBOX of an account. */
export interface LocalCopy {
  readonly accountId: string;
  /** Copies of one message share the body's buffer: it is hashed and compressed once. */
  readonly message: NewMessage;
}

/** What becomes true at once: mail in mailboxes, what tells of it, and how far the log is read. */
export interface LocalSettlement {
  readonly copies: readonly LocalCopy[];
  readonly events: readonly MailEvent[];
  /** What follows from outcomes (DSN). */
  readonly records: readonly LogRecord[];
  /** Lanes of `local` whose records `from` to before `position` are done with it; none for mail that came by LMTP. */
  readonly lanes: readonly SettledLane[];
}

/** How far a lane is read. */
export interface SettledLane {
  readonly lease: LaneLease;
  readonly from: number;
  readonly position: number;
}

/** Everything was written, or nothing and why. */
export type LocalSettled =
  | { readonly kind: 'ok' }
  /** These lanes are another's by now. */
  | { readonly kind: 'lost'; readonly leases: readonly LaneLease[] }
  /** These lanes are further already: an earlier settlement was written, though it could not be confirmed. */
  | { readonly kind: 'moved'; readonly lanes: readonly Omit<SettledLane, 'from'>[] }
  /** There are no such accounts. */
  | { readonly kind: 'gone'; readonly accountIds: readonly string[] };

/** Final delivery into mailboxes. */
export interface LocalDeliveryStore {
  /**
   * One transaction, so a record is stored once. Messages of one account are stored in the order given. Accounts that
   * exist and have no mailboxes get them. Rejects with a MailStoreUnavailable where nothing was done, or may have been.
   */
  settle(settlement: LocalSettlement): Promise<LocalSettled>;
}
