import { VisuallyHidden } from '@mantine/core';
import type { OwnerMark } from './owners.ts';
import classes from './owner-badge.module.css';

/** The letter on the colour by which an owner is found on the map. */
export function OwnerBadge({ mark: { letter, colour } }: { readonly mark: OwnerMark }) {
  return (
    <span className={classes.badge} data-owner={colour}>
      <VisuallyHidden>Owner </VisuallyHidden>
      {letter}
    </span>
  );
}
