import type { Authenticator, MailStore, MemoryBudget } from '@staffetta/core';

/** What IMAP and POP3 sessions work with. */
export interface SessionOptions {
  readonly store: MailStore;
  readonly authenticator: Authenticator;
  /** Name in the greeting. */
  readonly hostname: string;
  /** Octets that clients may have under way (messages being appended), over all sessions that share it. */
  readonly memory: MemoryBudget;
  /** Of one message that a client appends. */
  readonly appendMaxBytes: number;
  /** Longest silence of a client that has logged in, in milliseconds; that of the protocol where absent. */
  readonly idleTimeoutMs?: number;
  /** A failure that nobody expects; the session has answered the client already. */
  onError(error: unknown): void;
}

/** From the connection to a log-in. */
export const LOGIN_TIMEOUT_MS = 120_000;
/** Passwords refused before the connection is closed. */
export const LOGIN_FAILURES_MAX = 5;
