import type { ReactNode } from 'react';
import classes from './scroll-region.module.css';

interface ScrollRegionProps {
  readonly label: string;
  readonly children: ReactNode;
}

/** Lets what is wide scroll sideways, by keys too. */
export function ScrollRegion({ label, children }: ScrollRegionProps) {
  return (
    <div className={classes.region} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
