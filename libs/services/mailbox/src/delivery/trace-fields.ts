import { rfc5322Date } from '@staffetta/core';

/** What the fields above a delivered message tell. */
export interface FinalDelivery {
  /** Without brackets; empty for the null reverse-path. */
  readonly reversePath: string;
  readonly recipient: string;
}

/** The fields that final delivery adds, one set for each recipient (RFC 5321 §4.4), as UTF-8 (RFC 6532). */
export function deliveryFields({ reversePath, recipient }: FinalDelivery): Buffer {
  return Buffer.from(
    `Return-Path: <${oneLine(reversePath)}>\r\nDelivered-To: ${oneLine(recipient)}\r\n`,
  );
}

/** What a Received field of this door tells. */
export interface LmtpTrace {
  readonly helo: string;
  readonly peer: string;
  readonly hostname: string;
  readonly messageId: string;
  readonly atMs: number;
}

/** The Received field of RFC 5321 §4.4, folded, with its line end. */
export function receivedByLmtp({ helo, peer, hostname, messageId, atMs }: LmtpTrace): Buffer {
  const name = helo.replace(/[^A-Za-z0-9._:[\]-]/g, '-');
  const address = peer.includes(':') ? `IPv6:${peer}` : peer;
  return Buffer.from(
    `Received: from ${name} ([${address}])\r\n` +
      `\tby ${hostname} (Staffetta) with LMTP id ${messageId};\r\n\t${rfc5322Date(atMs)}\r\n`,
  );
}

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\0-\x1f\x7f]/g, '?');
}
