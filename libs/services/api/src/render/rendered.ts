import type { MimeMailbox } from '@staffetta/core';
import type { RecipientRequest } from '../read/read-recipients.ts';
import type { Scope } from '../template/expression.ts';

/** A recipient's message without the relay's own fields. */
export interface Rendered {
  readonly from: MimeMailbox;
  readonly subject: string;
  /** Its fields, each with its CRLF. */
  readonly header: string;
  /** In order; octets that are the same for all recipients are shared. */
  readonly body: readonly Buffer[];
  readonly hasDate: boolean;
  readonly hasMessageId: boolean;
  /** The header needs SMTPUTF8 (RFC 6532). */
  readonly smtputf8: boolean;
}

/** Makes one recipient's message. Throws a Refusal where it cannot be made for this one. */
export type Render = (recipient: RecipientRequest, scope: Scope) => Rendered;
