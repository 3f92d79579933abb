import type { PartHealth } from '../api/documents.ts';
import { CheckIcon, CrossIcon } from '../ui/icons.tsx';
import { Panel } from '../ui/panel.tsx';
import { StateWord } from '../ui/state-word.tsx';
import classes from './health-panel.module.css';

interface HealthPanelProps {
  /** Undefined before the first figures. */
  readonly health: readonly PartHealth[] | undefined;
}

/** How each part is, those that are not well first. */
export function HealthPanel({ health }: HealthPanelProps) {
  const parts = [...(health ?? [])].sort((a, b) => Number(a.ok) - Number(b.ok));
  const unwell = parts.filter(({ ok }) => !ok).length;
  return (
    <Panel
      title="Health"
      aside={
        health &&
        (unwell === 0 ? (
          <StateWord state="good">All well</StateWord>
        ) : (
          <StateWord state="bad">{`${unwell} of ${parts.length} not well`}</StateWord>
        ))
      }
    >
      {health ? (
        <ul className={classes.parts}>
          {parts.map((part) => (
            <Part key={part.name} part={part} />
          ))}
        </ul>
      ) : (
        <p className={classes.words}>Waiting for the first figures…</p>
      )}
      {parts.some(({ name }) => name.startsWith('lanes ')) && (
        <p className={classes.note}>A lane is a share of the log that one worker owns at a time.</p>
      )}
    </Panel>
  );
}

function Part({ part: { name, ok, detail } }: { readonly part: PartHealth }) {
  return (
    <li className={classes.part}>
      <span className={ok ? classes.good : classes.bad}>
        {ok ? <CheckIcon size={15} /> : <CrossIcon size={15} />}
      </span>
      <span>
        <span className={classes.name}>{name}</span>{' '}
        <span className={classes.detail}>{detail || (ok ? 'ok' : 'not ok')}</span>
      </span>
    </li>
  );
}
