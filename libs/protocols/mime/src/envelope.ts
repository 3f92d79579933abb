import { parseAddressList } from './address-list.ts';
import type { EnvelopeAddress } from './address-list.ts';

/** What ENVELOPE shows (RFC 3501 §7.4.2). Texts hold octets (latin1), unfolded and not decoded. */
export interface Envelope {
  readonly date: string | null;
  readonly subject: string | null;
  readonly from: readonly EnvelopeAddress[];
  readonly sender: readonly EnvelopeAddress[];
  readonly replyTo: readonly EnvelopeAddress[];
  readonly to: readonly EnvelopeAddress[];
  readonly cc: readonly EnvelopeAddress[];
  readonly bcc: readonly EnvelopeAddress[];
  readonly inReplyTo: string | null;
  readonly messageId: string | null;
}

/** Values of a header by lower-case name, all of each name in order. */
export type HeaderValues = ReadonlyMap<string, readonly string[]>;

/** The envelope of a header; Sender and Reply-To are taken from From where absent. */
export function envelopeOf(values: HeaderValues): Envelope {
  const text = (name: string): string | null => values.get(name)?.[0] ?? null;
  const list = (name: string): EnvelopeAddress[] =>
    parseAddressList((values.get(name) ?? []).join(', '));
  const from = list('from');
  const orFrom = (addresses: EnvelopeAddress[]): EnvelopeAddress[] =>
    addresses.length === 0 ? from : addresses;
  return {
    date: text('date'),
    subject: text('subject'),
    from,
    sender: orFrom(list('sender')),
    replyTo: orFrom(list('reply-to')),
    to: list('to'),
    cc: list('cc'),
    bcc: list('bcc'),
    inReplyTo: text('in-reply-to'),
    messageId: text('message-id'),
  };
}
