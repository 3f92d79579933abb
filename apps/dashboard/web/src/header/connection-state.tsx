import type { LivePhase } from '../live/live-stream.ts';
import classes from './connection-state.module.css';

const WORDS: Readonly<Record<LivePhase, string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Reconnecting…',
};

/** Whether figures come in. */
export function ConnectionState({ phase }: { readonly phase: LivePhase }) {
  return (
    <p className={classes.state} role="status" data-phase={phase}>
      <span className={classes.dot} aria-hidden />
      {WORDS[phase]}
    </p>
  );
}
