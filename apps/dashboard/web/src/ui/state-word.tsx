import type { ReactNode } from 'react';
import { CheckIcon, CrossIcon, WarningIcon } from './icons.tsx';
import classes from './state-word.module.css';

interface StateWordProps {
  readonly state: 'good' | 'warn' | 'bad';
  readonly children: ReactNode;
}

const ICONS = { good: CheckIcon, warn: WarningIcon, bad: CrossIcon } as const;

/** A state, told by word, shape and colour. */
export function StateWord({ state, children }: StateWordProps) {
  const Icon = ICONS[state];
  return (
    <span className={`${classes.word} ${classes[state]}`}>
      <Icon size={15} />
      {children}
    </span>
  );
}
