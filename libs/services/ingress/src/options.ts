import type { SmtpAnswer } from '@staffetta/core';

/** The SMTP doors. */
export type Door = 'mx' | 'submission' | 'submissions';

/** How clients come to a door: themselves, or through a balancer that speaks the PROXY protocol. */
export type Way = 'direct' | 'proxy';

export interface IngressOptions {
  /** Stands in banners and Received; a domain name or an address literal. */
  readonly hostname: string;
  /** Listening addresses. */
  readonly hosts: readonly string[];
  /** 0 takes a free port; a door that is undefined is off. */
  readonly ports: Readonly<Record<Door, number | undefined>>;
  /** The same doors for balancers: each connection begins with a PROXY header, which tells the client's address. */
  readonly proxyPorts: Readonly<Record<Door, number | undefined>>;
  /** Peers (addresses, or networks in CIDR form) that may come to these; all others are closed at once. */
  readonly proxyNetworks: readonly string[];
  /** From the connection to the end of its header. */
  readonly proxyTimeoutMs: number;
  /** Peers (addresses, or networks in CIDR form) that relay without AUTH, and as whom. */
  readonly relayNetworks: readonly string[];
  readonly relayTenant: string;
  readonly sizeBytes: number;
  readonly recipientsMax: number;
  /** An IPv6 /64 counts as one address. */
  readonly connectionsPerAddressMax: number;
  /** Over all doors. */
  readonly connectionsMax: number;
  readonly errorsMax: number;
  readonly commandsMax: number;
  readonly idleTimeoutMs: number;
  readonly dataTimeoutMs: number;
  /** Octets of content held in memory, over all sessions. */
  readonly memoryBytes: number;
  /** Life of a message. */
  readonly expiresMs: number;
}

/** Limits that hardly anyone needs to set. */
export const INGRESS_DEFAULTS = {
  proxyTimeoutMs: 5_000,
  connectionsMax: 20_000,
  errorsMax: 100,
  commandsMax: 10_000,
  idleTimeoutMs: 5 * 60_000,
  dataTimeoutMs: 30 * 60_000,
  memoryBytes: 256 * 1024 * 1024,
} as const;

/** Why something was refused, for metrics. */
export type RefusalReason =
  | 'connections'
  | 'storage'
  | 'authentication'
  | 'sender'
  | 'relay'
  | 'recipient'
  | 'content'
  | 'loop'
  | 'directory'
  | 'log';

/** Told what happens, for metrics. */
export interface IngressMetrics {
  opened(door: Door): void;
  closed(door: Door): void;
  accepted(door: Door, recipients: number, sizeBytes: number): void;
  refused(door: Door, reason: RefusalReason): void;
  login(door: Door, ok: boolean): void;
}

/** True, or the answer to MAIL while the disk is too full. */
export type AcceptsMail = () => true | SmtpAnswer;
