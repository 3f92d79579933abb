import type { MouseEvent } from 'react';
import { usePath } from './use-path.ts';
import classes from './navigation.module.css';

/** Where the cluster page is. */
export const CLUSTER_PATH = '/cluster';

const PAGES = [
  ['/', 'Mail'],
  [CLUSTER_PATH, 'Cluster'],
] as const;

/** The pages, and which of them this is. */
export function Navigation() {
  const [path, go] = usePath();
  const current = path === CLUSTER_PATH ? CLUSTER_PATH : '/';
  const follow = (event: MouseEvent, to: string): void => {
    // With a key held down, the browser opens it where the viewer wants it.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <nav aria-label="Pages">
      <ul className={classes.pages}>
        {PAGES.map(([to, name]) => (
          <li key={to}>
            <a
              className={classes.page}
              href={to}
              aria-current={to === current ? 'page' : undefined}
              onClick={(event) => follow(event, to)}
            >
              {name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
