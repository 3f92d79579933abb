/** A server's reply, or what stands for it. */
export interface SmtpReply {
  readonly code: number;
  /** RFC 3463 enhanced code, like 5.1.1. */
  readonly enhanced?: string;
  /** Lines joined by one blank, without the enhanced code, at most 1,000 characters. */
  readonly text: string;
  /** The host that said it; empty where this relay answered in its stead (SIZE, 8BITMIME, SMTPUTF8). */
  readonly host: string;
  /** What it answers: `banner`, `EHLO`, `STARTTLS`, `MAIL FROM`, `RCPT TO`, `DATA`, `end of DATA`. */
  readonly command: string;
}

/** One address of one host to connect to. */
export interface SmtpTarget {
  /** The MX name or next hop, for TLS and replies. */
  readonly host: string;
  /** IP address, without brackets. */
  readonly address: string;
  readonly port: number;
  readonly ehloName: string;
  /** Our own IP address to connect from. */
  readonly localAddress?: string;
  /** `required` also wants a certificate that is valid for `host`; `opportunistic` takes any. */
  readonly tls: 'opportunistic' | 'required' | 'off';
  /** RFC 2033: LHLO, and one reply a recipient after the final dot. */
  readonly lmtp?: boolean;
}

/** One recipient of an outgoing message. */
export interface OutgoingRecipient {
  readonly address: string;
  /** RFC 3461 ORCPT with its type, NOTIFY as given; passed on where the server offers DSN. Empty is absent. */
  readonly orcpt?: string;
  readonly notify?: string;
}

/** One message for one server. */
export interface OutgoingMessage {
  /** Without brackets; empty for the null reverse-path. */
  readonly reversePath: string;
  readonly recipients: readonly OutgoingRecipient[];
  /** RFC 3461 ENVID and RET; empty is absent. */
  readonly envid?: string;
  readonly ret?: 'FULL' | 'HDRS' | '';
  readonly sizeBytes: number;
  readonly smtputf8: boolean;
  readonly is8bit: boolean;
  /** The exact RFC 5322 octets with CRLF lines, not dot-stuffed. The function may be called more than once. */
  readonly body: Buffer | (() => AsyncIterable<Buffer>);
  /** Asked just before the final dot is sent: false gives the transaction up, and the server has no message. */
  mayEnd?(): boolean;
}

/** What became of one recipient. */
export type RecipientOutcome =
  | { readonly kind: 'delivered'; readonly reply: SmtpReply }
  | { readonly kind: 'rejected-temporary'; readonly reply: SmtpReply }
  | { readonly kind: 'rejected-permanent'; readonly reply: SmtpReply }
  /** A fault of connection or protocol before the server had the whole message: safe to try elsewhere. */
  | { readonly kind: 'failed'; readonly reason: string; readonly reply?: SmtpReply }
  /** Lost after the final dot was sent: it may have been delivered (RFC 1047). */
  | { readonly kind: 'uncertain'; readonly reason: string };

/** What became of one message. */
export interface SendResult {
  /** One for each recipient, in the order given. */
  readonly outcomes: readonly RecipientOutcome[];
  readonly tls: boolean;
  /** The server took over RFC 3461's parameters; if not, `NOTIFY=SUCCESS` wants a `relayed` DSN from us. */
  readonly dsnRelayed: boolean;
  /** 8-bit parts were converted for a 7-bit server (RFC 6152 §3). */
  readonly converted: boolean;
  /** The connection was lost before any reply: where it was a reused one, try again on a new one at once. */
  readonly unanswered: boolean;
}

/** A session with a server, one message at a time. */
export interface SmtpConnection {
  readonly target: SmtpTarget;
  /** False once it is closing, closed or out of step; a message sent on it then fails. */
  readonly usable: boolean;
  /** Version and cipher of TLS, like `TLSv1.3 TLS_AES_256_GCM_SHA384`; empty in the clear. */
  readonly tls: string;
  /** Keywords of EHLO in upper case, with their parameters. */
  readonly extensions: ReadonlyMap<string, string>;
  /** Messages for which a transaction was begun. */
  readonly messagesSent: number;
  /** The final dot was sent and its reply has not come: what is on the wire may be delivered. */
  readonly awaitsFinalReply: boolean;
  /** Resolves when the socket is closed, by whomever. */
  readonly closed: Promise<void>;
  /** One transaction; never rejects for what the server or the network does. Throws while another is under way. */
  send(message: OutgoingMessage): Promise<SendResult>;
  /** Waits for the transaction under way, says QUIT, waits a bounded time for the reply and closes. */
  close(): Promise<void>;
  /** Cuts the connection; a transaction under way fails, or is uncertain if its final dot was sent. */
  destroy(): void;
}

/** A connection, or why there is none. Where it stopped at `tls`, an opportunistic caller tries again with `off`. */
export type SmtpConnectResult =
  | { readonly kind: 'connected'; readonly connection: SmtpConnection }
  | {
      readonly kind: 'refused';
      readonly stage: 'connect' | 'banner' | 'hello' | 'tls';
      /** False only where the server itself answered 5xx. */
      readonly temporary: boolean;
      readonly reason: string;
      readonly reply?: SmtpReply;
    };

/** Opens sessions with other servers. */
export interface SmtpConnector {
  /** Connects, reads the banner, says EHLO (or HELO, LHLO), starts TLS. Never rejects for the server or the network. */
  connect(
    target: SmtpTarget,
    options?: { readonly signal?: AbortSignal },
  ): Promise<SmtpConnectResult>;
}
