import type { SiteQueue } from '../api/documents.ts';
import { countOf, formatCount, formatExact } from '../format/number.ts';
import { formatDuration } from '../format/time.ts';
import { Panel } from '../ui/panel.tsx';
import { nameSite } from './site-name.ts';
import classes from './waiting-panel.module.css';

interface WaitingPanelProps {
  /** Undefined before the first figures. */
  readonly queues: readonly SiteQueue[] | undefined;
  readonly nowMs: number;
}

/** How much waits, and for how long. */
export function WaitingPanel({ queues, nowMs }: WaitingPanelProps) {
  return (
    <Panel title="Queues">
      <dl className={classes.figures}>
        <Figure
          name="scheduled"
          words="recipients scheduled"
          count={queues?.reduce((sum, { scheduled }) => sum + scheduled, 0)}
        />
        <Figure
          name="ready"
          words="messages ready"
          count={queues?.reduce((sum, { ready }) => sum + ready, 0)}
        />
      </dl>
      <p className={classes.words}>{queues ? wordsOf(queues, nowMs) : ''}</p>
    </Panel>
  );
}

interface FigureProps {
  readonly name: string;
  readonly words: string;
  readonly count: number | undefined;
}

function Figure({ name, words, count }: FigureProps) {
  return (
    <div className={classes.figure}>
      <dt>{words}</dt>
      <dd data-figure={name} title={count === undefined ? undefined : formatExact(count)}>
        {count === undefined ? '–' : formatCount(count)}
      </dd>
    </div>
  );
}

function wordsOf(queues: readonly SiteQueue[], nowMs: number): string {
  if (queues.length === 0) return 'Nothing waits.';
  const sites = `For ${countOf(queues.length, 'site')}.`;
  const [oldest] = queues
    .filter(({ oldestAcceptedAtMs }) => oldestAcceptedAtMs !== undefined)
    .sort((a, b) => (a.oldestAcceptedAtMs ?? 0) - (b.oldestAcceptedAtMs ?? 0));
  if (oldest?.oldestAcceptedAtMs === undefined) return sites;
  const age = formatDuration(nowMs - oldest.oldestAcceptedAtMs);
  return `${sites} The oldest message has waited ${age}, for ${nameSite(oldest.site).name}.`;
}
