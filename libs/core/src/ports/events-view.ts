import type { OutcomeTotals } from './cluster-view.ts';
import type { LedgerCheck } from './ledger.ts';
import type { Trace } from './trace.ts';

/** How the last check of the ledger ended. */
export interface LedgerState {
  readonly balanced: boolean;
  readonly difference: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What flows now; `away` while that is not known, with the reason in words for the operator. */
export type MailFigures =
  | {
      readonly kind: 'figures';
      /** Recipients a second. */
      readonly rates: OutcomeTotals;
      /** The last check; undefined before the first one has ended. */
      readonly ledger: LedgerState | undefined;
    }
  | { readonly kind: 'away'; readonly reason: string };

/**
 * What the events service answers: traces, the ledger, counters, live figures. Where it cannot, questions reject with
 * ServiceUnavailable.
 */
export interface EventsView extends Trace {
  check(): Promise<LedgerCheck>;
  /** Calls back about once a second, and at once when it is not known any more, until the returned function is called. */
  watch(onFigures: (figures: MailFigures) => void): () => void;
}
