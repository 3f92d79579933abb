/** How long each step may take; the defaults are those of RFC 5321 §4.5.3.2. A reply has to be complete in its time. */
export interface SmtpTimeouts {
  readonly connectMs: number;
  readonly bannerMs: number;
  /** EHLO, HELO and LHLO. */
  readonly helloMs: number;
  /** The reply to STARTTLS, and the handshake. */
  readonly startTlsMs: number;
  /** MAIL, and RSET before it. */
  readonly mailMs: number;
  readonly rcptMs: number;
  /** The reply to DATA. */
  readonly dataMs: number;
  /** One block of content that the server does not take, or that the body does not give. */
  readonly blockMs: number;
  /** The reply to the final dot. */
  readonly endOfDataMs: number;
  /** QUIT and the end of the connection. */
  readonly quitMs: number;
}

const MINUTE_MS = 60_000;

export const DEFAULT_SMTP_TIMEOUTS: SmtpTimeouts = {
  connectMs: 30_000,
  bannerMs: 5 * MINUTE_MS,
  helloMs: 5 * MINUTE_MS,
  startTlsMs: 2 * MINUTE_MS,
  mailMs: 5 * MINUTE_MS,
  rcptMs: 5 * MINUTE_MS,
  dataMs: 2 * MINUTE_MS,
  blockMs: 3 * MINUTE_MS,
  endOfDataMs: 10 * MINUTE_MS,
  quitMs: 5_000,
};

/** The largest content that is held in memory for a conversion to 7 bit; above, the outcome is 5.6.3. */
export const DEFAULT_CONVERSION_MAX_BYTES = 32 * 1024 * 1024;

export interface SmtpClientOptions {
  readonly timeouts?: Partial<SmtpTimeouts>;
  readonly conversionMaxBytes?: number;
  /** PEM certificates to trust where TLS is required, in place of the system's. */
  readonly certificateAuthorities?: readonly string[];
}

/** The options with every default filled in. */
export interface SmtpClientSettings {
  readonly timeouts: SmtpTimeouts;
  readonly conversionMaxBytes: number;
}
