import { VisuallyHidden } from '@mantine/core';
import { countOf } from '../format/number.ts';
import { CommandLine } from '../ui/command-line.tsx';
import { CheckIcon, CrossIcon, WarningIcon } from '../ui/icons.tsx';
import type { ClusterProblem, ClusterSnapshot } from './documents.ts';
import { awayProblem, sayWell } from './verdict.ts';
import classes from './verdict-panel.module.css';

interface VerdictPanelProps {
  readonly cluster: ClusterSnapshot | undefined;
  /** Why the last look failed. */
  readonly error: Error | null;
}

/** What is wrong and what to do, before everything else; or that all is well. */
export function VerdictPanel({ cluster, error }: VerdictPanelProps) {
  const away = error ? [awayProblem(error, cluster?.at)] : [];
  const problems = [...away, ...(cluster?.problems ?? [])];
  return (
    <section aria-label="What needs attention">
      <VisuallyHidden role="status">{statusOf(cluster, problems.length)}</VisuallyHidden>
      {problems.length > 0 ? (
        <ul className={classes.list}>
          {problems.map((problem) => (
            <ProblemCard key={problem.key} problem={problem} />
          ))}
        </ul>
      ) : (
        <div className={classes.well} data-known={cluster !== undefined}>
          {cluster ? (
            <>
              <span className={classes.mark}>
                <CheckIcon size={22} />
              </span>
              <p>
                <strong className={classes.title}>All is well</strong>
                <span>{sayWell(cluster)}</span>
              </p>
            </>
          ) : (
            <p>Looking at the cluster…</p>
          )}
        </div>
      )}
    </section>
  );
}

function statusOf(cluster: ClusterSnapshot | undefined, problems: number): string {
  if (problems > 0) return countOf(problems, 'problem');
  return cluster ? 'All is well' : '';
}

function ProblemCard({ problem }: { readonly problem: ClusterProblem }) {
  const { severity, title, detail, advice, command } = problem;
  const Icon = severity === 'critical' ? CrossIcon : WarningIcon;
  return (
    <li className={`${classes.problem} ${classes[severity]}`}>
      <span className={classes.mark}>
        <Icon size={20} />
      </span>
      <div className={classes.words}>
        <strong className={classes.title}>{capital(title)}</strong>
        <p>{detail}</p>
        <p className={classes.advice}>
          <span className={classes.todo}>What to do:</span> {advice}
        </p>
      </div>
      {command !== undefined && <CommandLine command={command} />}
    </li>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
