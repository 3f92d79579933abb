import { useEffect } from 'react';
import type { Operator } from './api/documents.ts';
import { AttentionPanel } from './attention/attention-panel.tsx';
import { findProblems } from './attention/find-problems.ts';
import { FlowPanel } from './chart/flow-panel.tsx';
import { PageHeader } from './header/page-header.tsx';
import { HealthPanel } from './health/health-panel.tsx';
import { InstancesPanel } from './instances/instances-panel.tsx';
import { LedgerPanel } from './health/ledger-panel.tsx';
import { useLive } from './live/use-live.ts';
import { QueuesPanel } from './queues/queues-panel.tsx';
import { WaitingPanel } from './queues/waiting-panel.tsx';
import { RoutePanel } from './route/route-panel.tsx';
import { StartGuide } from './start/start-guide.tsx';
import classes from './dashboard-page.module.css';

/** The one page: what is wrong, what flows, what waits, and how the parts are. */
export function DashboardPage({ operator }: { readonly operator: Operator }) {
  const live = useLive();
  const { snapshot, phase } = live;
  const problems = snapshot ? findProblems(snapshot) : [];
  const nowMs = snapshot?.at ?? Date.now();
  useTitle(problems.length);
  return (
    <div className={classes.page}>
      <PageHeader operator={operator} phase={phase} nowMs={nowMs} />
      <main className={classes.main}>
        <AttentionPanel problems={problems} phase={phase} lastMs={snapshot?.at} />
        <StartGuide />
        <div className={classes.top}>
          <FlowPanel samples={live.samples} rates={snapshot?.rates} nowMs={nowMs} />
          <div className={classes.side}>
            <WaitingPanel queues={snapshot?.queues} nowMs={nowMs} />
            <LedgerPanel ledger={snapshot?.ledger} nowMs={nowMs} />
            <HealthPanel health={snapshot?.health} />
          </div>
        </div>
        <QueuesPanel queues={snapshot?.queues} nowMs={nowMs} />
        <RoutePanel />
        <InstancesPanel nowMs={nowMs} />
      </main>
    </div>
  );
}

/** A tab in the background says by its title that something is wrong. */
function useTitle(problems: number): void {
  useEffect(() => {
    document.title = problems === 0 ? 'Staffetta' : `(${problems}) Staffetta`;
    return () => void (document.title = 'Staffetta');
  }, [problems]);
}
