import { MailboxService } from '@staffetta/contracts';
import type { MethodPolicy } from '@staffetta/grpc';

/** A client at a door waits for it; a password takes about 0.1 s, and some may stand before it. */
const DEADLINE_MS = 4_000;
/** Of one question. */
export const ADDRESSES_MAX = 500;

/** How a channel calls the mailbox service. */
export const MAILBOX_METHODS: readonly MethodPolicy[] = [
  { path: MailboxService.findRecipients.path, deadlineMs: DEADLINE_MS, idempotent: true },
  // Not tried again: who asks can check a password itself.
  { path: MailboxService.authenticate.path, deadlineMs: DEADLINE_MS },
];
