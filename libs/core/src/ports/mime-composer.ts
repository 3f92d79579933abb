/** A mailbox as a header field shows it. */
export interface MimeMailbox {
  /** Display name in plain Unicode, empty for none. */
  readonly name: string;
  readonly address: string;
}

/** A file that goes with a message. */
export interface MimeAttachment {
  readonly fileName: string;
  /** Content-Type with its parameters. */
  readonly type: string;
  readonly content: Buffer;
  /** Content-ID by which the HTML text refers to it, without brackets; empty for a plain attachment. */
  readonly contentId: string;
}

/** The texts of a message, which are alternatives of each other. */
export type MimeText = 'plain' | 'amp' | 'html';

/** All of a message's MIME structure but its texts, made once for any number of messages. */
export interface MimeFrame {
  /** The MIME fields of the message's header, each with its CRLF. */
  readonly header: string;
  /** The body in order: fixed octets, and where a text goes as encodeText makes it. */
  readonly segments: readonly (Buffer | MimeText)[];
}

/** Builds messages of RFC 5322 and MIME. What it is given holds no CR, LF or NUL where a header is made of it. */
export interface MimeComposer {
  /**
   * A field, encoded (RFC 2047) and folded, with its CRLF; empty where it would have no value. A string given for an
   * address field is parsed.
   */
  headerField(name: string, value: string | readonly MimeMailbox[]): string;
  /** A text in quoted-printable with CRLF line ends. */
  encodeText(text: string): Buffer;
  /** The structure around texts (at least one) and attachments. */
  frame(texts: readonly MimeText[], attachments: readonly MimeAttachment[]): Promise<MimeFrame>;
}
