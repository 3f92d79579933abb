import { useId } from 'react';
import type { ReactNode } from 'react';
import classes from './panel.module.css';

interface PanelProps {
  readonly title: string;
  /** Beside the title: a control, or a word on the whole. */
  readonly aside?: ReactNode;
  /** A sentence under the title. */
  readonly note?: ReactNode;
  readonly children: ReactNode;
}

/** A part of the page with a heading of its own. */
export function Panel({ title, aside, note, children }: PanelProps) {
  const id = useId();
  return (
    <section className={classes.panel} aria-labelledby={id}>
      <header className={classes.header}>
        <div>
          <h2 id={id} className={classes.title}>
            {title}
          </h2>
          {note && <p className={classes.note}>{note}</p>}
        </div>
        {aside}
      </header>
      {children}
    </section>
  );
}
