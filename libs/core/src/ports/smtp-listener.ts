import type { MemoryBudget } from '../memory-budget.ts';

/** A server's answer to a command: RFC 5321 code, RFC 3463 code (empty for none), text in one line. */
export interface SmtpAnswer {
  readonly code: number;
  readonly enhanced: string;
  readonly text: string;
  /** The session ends after it; so it does after a 421 anyway. */
  readonly close?: boolean;
}

/** What the listener knows of a session; the values change with EHLO and STARTTLS. */
export interface SmtpSessionInfo {
  /** IP address without brackets; an IPv4 peer is IPv4 on any socket. */
  readonly remoteAddress: string;
  /** Name given in HELO, EHLO or LHLO: no blanks or control characters, at most 255 characters; empty before. */
  readonly helo: string;
  readonly protocol: 'SMTP' | 'ESMTP' | 'LMTP';
  /** Like `TLSv1.3 TLS_AES_256_GCM_SHA384`; empty without TLS. */
  readonly tls: string;
}

/** MAIL with its parameters, syntax checked. */
export interface SmtpMail {
  /** As given, without brackets and source route; empty for the null reverse-path. */
  readonly address: string;
  /** SIZE as declared, within the limit; 0 where absent. */
  readonly sizeBytes: number;
  readonly body: '' | '7BIT' | '8BITMIME';
  readonly smtputf8: boolean;
  readonly ret: '' | 'FULL' | 'HDRS';
  /** Still in xtext, as given. */
  readonly envid: string;
}

/** RCPT with its parameters, syntax checked. */
export interface SmtpRcpt {
  /** As given, without brackets and source route; `postmaster` may stand without a domain (RFC 5321 §4.5.1). */
  readonly address: string;
  /** Upper case: empty, NEVER, or a list with commas. */
  readonly notify: string;
  /** With its type, still in xtext, as given. */
  readonly orcpt: string;
}

/** A received message, dots unstuffed, otherwise exactly as it came: bare CR, bare LF and NUL are the handler's to judge. */
export interface SmtpContent {
  readonly chunks: readonly Buffer[];
  readonly sizeBytes: number;
}

/** One session's decisions. Codes below 400 accept. What throws or rejects is answered `451 4.3.0`. */
export interface SmtpSessionHandler {
  /** Present where AUTH is offered (under TLS only). 235 makes it the session's identity. */
  authenticate?(user: string, password: string): Promise<SmtpAnswer>;
  mail(mail: SmtpMail): SmtpAnswer | Promise<SmtpAnswer>;
  rcpt(rcpt: SmtpRcpt): SmtpAnswer | Promise<SmtpAnswer>;
  /** The content, once its final dot is in. LMTP: one answer for each accepted RCPT, in order. */
  content(content: SmtpContent): Promise<SmtpAnswer | readonly SmtpAnswer[]>;
  /** The transaction is over or was given up (RSET, EHLO, STARTTLS); also called after `content`. */
  reset(): void;
  /** The session is over, its connection soon gone. Called once; a `content` that is under way goes on. */
  close(): void;
}

/** Limits on what a peer can push. */
export interface SmtpLimits {
  /** Octets of content; announced by SIZE. */
  readonly sizeBytes: number;
  readonly recipientsMax: number;
  /** Commands refused since the last accepted message, and commands of any kind since then; then 421. */
  readonly errorsMax: number;
  readonly commandsMax: number;
  readonly idleTimeoutMs: number;
  /** From DATA to the final dot. */
  readonly dataTimeoutMs: number;
}

/** Certificate chain and key in PEM. */
export interface TlsIdentity {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Whose headers are believed. A connection of another peer, or without a header, is closed without a word. */
export interface SmtpProxyOptions {
  trusts(address: string): boolean;
  /** From the connection to the end of its header. */
  readonly timeoutMs: number;
}

export interface SmtpListenerOptions {
  readonly protocol: 'smtp' | 'lmtp';
  /** IP addresses to listen on; IPv6 ones are skipped where the machine has none. */
  readonly hosts: readonly string[];
  /** 0 takes a free one, the same for all hosts. */
  readonly port: number;
  /** Name in the banner and the answer to EHLO. */
  readonly hostname: string;
  /** TLS from the first octet instead of STARTTLS. */
  readonly implicitTls: boolean;
  /** Without it there is neither TLS nor AUTH. */
  readonly tls: TlsIdentity | undefined;
  /** Present: a header of the PROXY protocol comes first in every connection, before TLS and greeting. */
  readonly proxy?: SmtpProxyOptions;
  readonly limits: SmtpLimits;
  /** Octets of content held, over all sessions of all listeners that share it. */
  readonly memory: MemoryBudget;
  /** A handler for a new session, or the answer with which it is refused; `close` is called only on a handler. */
  open(session: SmtpSessionInfo): SmtpSessionHandler | SmtpAnswer;
  /** A handler threw, or a connection failed in an unexpected way. */
  onError(error: Error): void;
}

/** A listening SMTP or LMTP server. */
export interface SmtpListener {
  /** Where it listens. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly connections: number;
  /** New sessions and STARTTLS use this from now on. */
  setTls(tls: TlsIdentity): void;
  /**
   * No new sessions; those whose final dot is in get their answer, all others a 421 at once. Resolves when all are
   * gone; after `timeoutMs` the rest is cut off.
   */
  drain(timeoutMs: number): Promise<void>;
}

/** Listens, or rejects: with `code` EADDRINUSE, `host` and `port` on the error where the port is taken. */
export type ListenSmtp = (options: SmtpListenerOptions) => Promise<SmtpListener>;
