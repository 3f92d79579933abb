/** What carries a message through the relay: RFC 5321's envelope and what the relay has to know beside it. */
export interface Envelope {
  /** Version of this shape; readers refuse a later one. */
  readonly formatVersion: number;
  /** UUIDv7 as 32 hex digits. */
  readonly messageId: string;
  readonly tenantId: string;
  /** RFC 5321 reverse-path without brackets; empty for the null reverse-path. */
  readonly reversePath: string;
  readonly recipients: readonly Recipient[];
  /** Milliseconds since 1970. */
  readonly acceptedAtMs: number;
  /** When attempts end and a DSN is due, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** Not delivered before this time; 0 for at once. */
  readonly notBeforeMs: number;
  /** Bulk mail has logs of its own, read after everything else. */
  readonly bulk: boolean;
  /** 0 (first) to 3 (last) within its class. */
  readonly priority: number;
  readonly campaign: string;
  readonly tags: readonly string[];
  readonly egressPool: string;
  readonly injection: Injection;
  /** RFC 3461 RET and ENVID, empty where not given. */
  readonly ret: '' | 'FULL' | 'HDRS';
  readonly envid: string;
  /** RFC 8689. */
  readonly requireTls: boolean;
  /** RFC 6531: the message needs SMTPUTF8. */
  readonly smtputf8: boolean;
  /** The content has octets above 127. */
  readonly is8bit: boolean;
  /** Octets of the content. */
  readonly sizeBytes: number;
  /** The submitter's own data for events, a JSON object in at most 1,000 octets; absent without. */
  readonly metadata?: string;
  /** W3C Trace Context of the step that wrote this; absent where the message is not sampled. */
  readonly traceparent?: string;
  /** Where the router sends it; absent before the router. */
  readonly route: Route | undefined;
}

/** One recipient of a message; (messageId, number) names it everywhere. */
export interface Recipient {
  /** From 1, in the order given; recipients added by an alias go on from there. */
  readonly number: number;
  /** As given. */
  readonly address: string;
  /** RFC 3461 ORCPT as given (with its type), empty where absent. */
  readonly orcpt: string;
  /** RFC 3461 NOTIFY: empty is the default (FAILURE, DELAY), else NEVER or a list with commas. */
  readonly notify: string;
  /** Attempts made so far. */
  readonly attempts: number;
  /** The account that keeps its mail, once the router knows; empty before and for other servers. */
  readonly accountId: string;
  /** Its sender was told of a delay (RFC 3461 NOTIFY=DELAY); absent before. */
  readonly delayTold?: boolean;
}

/** Where a message came in, from whom and how. */
export interface Injection {
  readonly listener: 'mx' | 'submission' | 'submissions' | 'api' | 'lmtp' | 'dsn';
  /** The peer's IP address; empty for messages made here. */
  readonly peer: string;
  /** EHLO name. */
  readonly helo: string;
  /** The account, credential or API key that submitted it; empty without. */
  readonly credential: string;
  /** RFC 3848 `with` keyword. */
  readonly protocol: string;
}

/** Where one copy of a message goes. */
export interface Route {
  /** The site (all domains served by the same set of MX hosts), or `?domain` while DNS has not answered. */
  readonly site: string;
  /** The recipients' domain (A-label) to resolve before connecting; empty with a next hop. */
  readonly domain: string;
  /** A fixed next hop `host:port`, empty for MX. */
  readonly nextHop: string;
  /** A relay domain of ours: only its MX hosts before us are tried (RFC 5321 §5.1). */
  readonly relay: boolean;
}

/** The envelope format that this version writes. */
export const ENVELOPE_FORMAT_VERSION = 1;

/** The tenant that exists from the start. */
export const DEFAULT_TENANT = 'default';
