import { Button } from '@mantine/core';
import type { Operator } from '../api/documents.ts';
import { nameZone } from '../format/time.ts';
import type { LivePhase } from '../live/live-stream.ts';
import { Navigation } from '../navigation/navigation.tsx';
import { useSessionActions } from '../session/session.ts';
import { Brand } from '../ui/brand.tsx';
import { ConnectionState } from './connection-state.tsx';
import { SchemeControl } from './scheme-control.tsx';
import classes from './page-header.module.css';

interface PageHeaderProps {
  readonly operator: Operator;
  readonly phase: LivePhase;
  readonly nowMs: number;
}

/** Whose page it is, whether it is live, and in which zone its times are. */
export function PageHeader({ operator, phase, nowMs }: PageHeaderProps) {
  const { logOut } = useSessionActions();
  return (
    <header className={classes.header}>
      <h1 className={classes.title}>
        <Brand />
      </h1>
      <Navigation />
      <ConnectionState phase={phase} />
      <p className={classes.zone}>Times in {nameZone(nowMs)}</p>
      <div className={classes.controls}>
        <SchemeControl />
        <p className={classes.operator}>
          {operator.name}
          {operator.role !== operator.name && <span className={classes.role}>{operator.role}</span>}
        </p>
        <Button variant="default" size="xs" onClick={() => void logOut()}>
          Log out
        </Button>
      </div>
    </header>
  );
}
