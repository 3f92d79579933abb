import { BlockList, isIPv6 } from 'node:net';
import type { Context } from '@staffetta/composition-context';
import { systemClock } from '@staffetta/core';
import type { LocalDeliveryStore, MemoryBudget, SmtpAnswer } from '@staffetta/core';
import { LmtpSession, SettleGroup } from '@staffetta/service-mailbox';
import { listenSmtp } from '@staffetta/smtp-listener';
import type { Door } from './door.ts';

/** Content comes in within this time (RFC 5321 §4.5.3.2.5 asks for three minutes a block). */
const DATA_TIMEOUT_MS = 10 * 60_000;
const FORBIDDEN: SmtpAnswer = {
  code: 554,
  enhanced: '5.7.1',
  text: 'LMTP is not for you',
  close: true,
};

/** What LMTP works with. */
export interface LmtpParts {
  readonly store: LocalDeliveryStore;
  readonly memory: MemoryBudget;
  onError(error: unknown): void;
}

/** Opens LMTP for this machine and the relay networks; port 0 leaves it out. */
export async function openLmtp(
  context: Context,
  { store, memory, onError }: LmtpParts,
  opened: Door[],
): Promise<void> {
  const { config, hostname, acceptsMail } = context;
  const { log, directory } = context.parts;
  if (config.lmtp.port === 0) return;
  const recipients = context.metrics.counter({
    name: 'staffetta_mailbox_lmtp_recipients_total',
    help: 'Recipients that got 250 by LMTP.',
  });
  const options = {
    ...{ log, directory, hostname, acceptsMail, onError, tracer: context.tracer },
    settleGroup: new SettleGroup(store),
    clock: systemClock,
    expiresMs: config.delivery.expiresMs,
    onAccepted: (count: number) => recipients.inc(count),
  };
  const allowed = new Networks(['127.0.0.0/8', '::1', ...config.smtp.relayNetworks]);
  const listener = await listenSmtp({
    protocol: 'lmtp',
    hosts: config.listen,
    port: config.lmtp.port,
    hostname,
    implicitTls: false,
    tls: undefined,
    limits: {
      sizeBytes: config.smtp.sizeBytes,
      recipientsMax: config.smtp.recipientsMax,
      errorsMax: config.smtp.errorsMax,
      commandsMax: config.smtp.commandsMax,
      idleTimeoutMs: config.lmtp.idleMs,
      dataTimeoutMs: DATA_TIMEOUT_MS,
    },
    memory,
    open: (session) =>
      allowed.has(session.remoteAddress) ? new LmtpSession(session, options) : FORBIDDEN,
    onError,
  });
  opened.push({ name: 'lmtp', listener });
}

/** Addresses and networks in CIDR form. */
class Networks {
  readonly #list = new BlockList();

  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', bits] = entry.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  has(address: string): boolean {
    return this.#list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}
