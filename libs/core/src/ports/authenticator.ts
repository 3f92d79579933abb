/** The doors at which an account reads its mail. */
export type MailboxProtocol = 'imap' | 'pop3';

/** Answer to name and password. `unavailable` is never a reason to refuse for good. */
export type MailboxAuthentication =
  | {
      readonly kind: 'ok';
      readonly accountId: string;
      /** The account's full address. */
      readonly address: string;
    }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unavailable' };

/** Decides whose mailboxes a session may open. */
export interface Authenticator {
  /** May take its time for a refusal (guessing is slowed by address). Does not throw. */
  authenticate(
    user: string,
    password: string,
    remoteAddress: string,
    protocol: MailboxProtocol,
  ): Promise<MailboxAuthentication>;
}
