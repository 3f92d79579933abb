import type { LedgerState } from '../api/documents.ts';
import { countOf } from '../format/number.ts';
import { formatDuration, formatFull } from '../format/time.ts';
import { Panel } from '../ui/panel.tsx';
import { StateWord } from '../ui/state-word.tsx';
import classes from './health-panel.module.css';

interface LedgerPanelProps {
  /** Undefined before the first check has ended. */
  readonly ledger: LedgerState | undefined;
  readonly nowMs: number;
}

/** Whether each recipient of each message has ended once, or waits. */
export function LedgerPanel({ ledger, nowMs }: LedgerPanelProps) {
  return (
    <Panel title="Ledger" aside={ledger && <LedgerWord ledger={ledger} />}>
      <p className={classes.words}>
        Every recipient taken in must end exactly once, or wait.{' '}
        {ledger ? (
          <span title={formatFull(ledger.at)}>
            Checked {formatDuration(nowMs - ledger.at)} ago.
          </span>
        ) : (
          'The first check is under way.'
        )}
      </p>
    </Panel>
  );
}

function LedgerWord({ ledger: { balanced, difference } }: { readonly ledger: LedgerState }) {
  if (balanced) return <StateWord state="good">Balanced</StateWord>;
  return <StateWord state="bad">{countOf(Math.abs(difference), 'recipient')} off</StateWord>;
}
