import type { RecipientOutcome, SmtpConnection, SmtpConnectResult } from '@staffetta/core';
import type { DeliveryOptions } from './options.ts';
import type { Target } from './targets.ts';

/** A host that failed is tried after the others for this long, in milliseconds. */
const BAD_MS = 60_000;
/** One whose TLS failed is spoken to in the clear for this long, in milliseconds. */
const CLEAR_MS = 600_000;
/** Addresses remembered as bad at most. */
const BAD_MAX = 10_000;

/** Connects to the first host that answers, and remembers those that did not. */
export class HostConnector {
  readonly #options: DeliveryOptions;
  /** Addresses that failed, and until when they are tried last. */
  readonly #bad = new Map<string, number>();
  /** Addresses whose STARTTLS failed: spoken to in the clear until then. */
  readonly #clear = new Map<string, number>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * In the order of the targets, but those that failed a moment ago after the others. Nothing more is tried once the
   * signal has come.
   */
  async connectFirst(
    targets: readonly Target[],
    signal: AbortSignal,
  ): Promise<SmtpConnection | RecipientOutcome> {
    let outcome: RecipientOutcome = {
      kind: 'failed',
      reason: 'No mail host of the domain has an address',
    };
    for (const target of this.#goodFirst(targets)) {
      const result = await this.#connect(target, signal);
      if (result.kind === 'connected') return result.connection;
      if (!signal.aborted) this.failed(target.address);
      const reason = `${target.host} [${target.address}]: ${result.reason}`;
      outcome = { kind: 'failed', reason, ...(result.reply && { reply: result.reply }) };
      if (signal.aborted) break;
    }
    return outcome;
  }

  /** The host is tried last for a while. */
  failed(address: string): void {
    if (this.#bad.size >= BAD_MAX) this.#bad.clear();
    this.#bad.set(address, this.#options.clock.now() + BAD_MS);
  }

  #goodFirst(targets: readonly Target[]): readonly Target[] {
    const now = this.#options.clock.now();
    const isBad = ({ address }: Target): boolean => (this.#bad.get(address) ?? 0) > now;
    return [...targets.filter((one) => !isBad(one)), ...targets.filter(isBad)];
  }

  async #connect(target: Target, signal: AbortSignal): Promise<SmtpConnectResult> {
    const { connector, settings, clock } = this.#options;
    const to = { ...target, ehloName: settings.hostname };
    const inClear = (this.#clear.get(target.address) ?? 0) > clock.now();
    const result = await connector.connect(
      { ...to, tls: inClear ? 'off' : 'opportunistic' },
      { signal },
    );
    if (result.kind === 'connected' || result.stage !== 'tls' || signal.aborted) return result;
    // Opportunistic: a server whose TLS is broken gets its mail in the clear.
    if (this.#clear.size >= BAD_MAX) this.#clear.clear();
    this.#clear.set(target.address, clock.now() + CLEAR_MS);
    return connector.connect({ ...to, tls: 'off' }, { signal });
  }
}
