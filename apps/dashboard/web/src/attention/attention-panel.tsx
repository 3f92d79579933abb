import { VisuallyHidden } from '@mantine/core';
import { countOf } from '../format/number.ts';
import { formatClockSeconds } from '../format/time.ts';
import type { LivePhase } from '../live/live-stream.ts';
import { CommandLine } from '../ui/command-line.tsx';
import { CrossIcon, WarningIcon } from '../ui/icons.tsx';
import type { Problem } from './find-problems.ts';
import classes from './attention-panel.module.css';

interface AttentionPanelProps {
  readonly problems: readonly Problem[];
  readonly phase: LivePhase;
  /** When the last figures came; undefined before the first. */
  readonly lastMs: number | undefined;
}

/** What is wrong, before everything else; nothing where all is well. */
export function AttentionPanel({ problems, phase, lastMs }: AttentionPanelProps) {
  const all = phase === 'lost' && lastMs !== undefined ? [lost(lastMs), ...problems] : problems;
  return (
    <section aria-label="What needs attention" className={classes.section}>
      <VisuallyHidden role="status">
        {all.length === 0 ? 'Nothing needs attention' : countOf(all.length, 'problem')}
      </VisuallyHidden>
      {all.length > 0 && (
        <ul className={classes.list}>
          {all.map((problem) => (
            <ProblemRow key={problem.key} problem={problem} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ProblemRow({ problem: { severity, title, detail, command } }: { problem: Problem }) {
  const Icon = severity === 'critical' ? CrossIcon : WarningIcon;
  return (
    <li className={`${classes.problem} ${classes[severity]}`}>
      <p className={classes.words}>
        <span className={classes.mark}>
          <Icon size={18} />
        </span>
        <strong className={classes.title}>{title}</strong>
        <span>{detail}</span>
      </p>
      {command !== undefined && <CommandLine command={command} />}
    </li>
  );
}

/** What is on the page is as old as that. */
function lost(lastMs: number): Problem {
  return {
    key: 'stream',
    severity: 'warning',
    title: 'No live figures',
    detail: `The page shows how things were at ${formatClockSeconds(lastMs)}, and tries to connect again.`,
  };
}
