import { rfc5322Date } from '@staffetta/core';

/** What a Received field tells. */
export interface ReceivedTrace {
  readonly helo: string;
  readonly peer: string;
  readonly hostname: string;
  /** RFC 3848 and RFC 6531 §4.3. */
  readonly protocol: string;
  /** Like `TLSv1.3 TLS_AES_256_GCM_SHA384`; empty without. */
  readonly tls: string;
  readonly messageId: string;
  /** Only where there is one recipient (RFC 5321 §4.4), and its address can stand there; else empty. */
  readonly recipient: string;
  readonly atMs: number;
}

/** The Received field of RFC 5321 §4.4, folded, with its line end. */
export function receivedField(trace: ReceivedTrace): string {
  const helo = trace.helo.replace(/[^A-Za-z0-9._:[\]-]/g, '-');
  const peer = trace.peer.includes(':') ? `IPv6:${trace.peer}` : trace.peer;
  const tls = trace.tls === '' ? '' : `\r\n\t(${trace.tls})`;
  const recipient = trace.recipient === '' ? '' : `\r\n\tfor <${trace.recipient}>`;
  return (
    `Received: from ${helo} ([${peer}])\r\n` +
    `\tby ${trace.hostname} (Staffetta) with ${trace.protocol} id ${trace.messageId}${tls}${recipient};\r\n` +
    `\t${rfc5322Date(trace.atMs)}\r\n`
  );
}

/** Keyword of the `with` clause. */
export function withProtocol(
  protocol: 'SMTP' | 'ESMTP' | 'LMTP',
  security: { readonly tls: boolean; readonly authenticated: boolean; readonly smtputf8: boolean },
): string {
  if (protocol === 'SMTP') return 'SMTP';
  const base = security.smtputf8 ? `UTF8${protocol.replace(/^E/, '')}` : protocol;
  return base + (security.tls ? 'S' : '') + (security.authenticated ? 'A' : '');
}
