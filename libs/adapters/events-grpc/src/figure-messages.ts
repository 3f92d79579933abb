import type { WatchFiguresResponse } from '@staffetta/contracts';
import type { MailFigures } from '@staffetta/core';

/** Figures as they travel. */
export function toMessage(figures: MailFigures): WatchFiguresResponse {
  if (figures.kind === 'away') return { figures: { $case: 'away', value: figures.reason } };
  const { rates, ledger } = figures;
  const state = ledger && {
    balanced: ledger.balanced,
    difference: ledger.difference,
    atMs: ledger.at,
  };
  return { figures: { $case: 'known', value: { rates, ledger: state } } };
}

/** Figures as they are used. */
export function fromMessage({ figures }: WatchFiguresResponse): MailFigures {
  if (figures?.$case !== 'known' || !figures.value.rates) {
    return { kind: 'away', reason: figures?.$case === 'away' ? figures.value : 'no figures' };
  }
  const { rates, ledger } = figures.value;
  const state = ledger && {
    balanced: ledger.balanced,
    difference: ledger.difference,
    at: ledger.atMs,
  };
  return { kind: 'figures', rates, ledger: state };
}
