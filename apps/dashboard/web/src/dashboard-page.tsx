import { useEffect } from 'react';
import type { Operator } from './api/documents.ts';
import { AttentionPanel } from './attention/attention-panel.tsx';
import { findProblems } from './attention/find-problems.ts';
import type { Problem } from './attention/find-problems.ts';
import { FlowPanel } from './chart/flow-panel.tsx';
import { PageHeader } from './header/page-header.tsx';
import { HealthPanel } from './health/health-panel.tsx';
import { InstancesPanel } from './instances/instances-panel.tsx';
import { LedgerPanel } from './health/ledger-panel.tsx';
import { useLive } from './live/use-live.ts';
import { ClusterPage } from './cluster/cluster-page.tsx';
import type { LiveState } from './live/live-stream.ts';
import { CLUSTER_PATH } from './navigation/navigation.tsx';
import { usePath } from './navigation/use-path.ts';
import { QueuesPanel } from './queues/queues-panel.tsx';
import { WaitingPanel } from './queues/waiting-panel.tsx';
import { RoutePanel } from './route/route-panel.tsx';
import { StartGuide } from './start/start-guide.tsx';
import classes from './dashboard-page.module.css';

/** The header and one of the pages; live figures go on whichever it is. */
export function DashboardPage({ operator }: { readonly operator: Operator }) {
  const live = useLive();
  const { snapshot, phase } = live;
  const problems = snapshot ? findProblems(snapshot) : [];
  const nowMs = snapshot?.at ?? Date.now();
  const [path] = usePath();
  useTitle(problems.length);
  return (
    <div className={classes.page}>
      <PageHeader operator={operator} phase={phase} nowMs={nowMs} />
      <main className={classes.main}>
        {path === CLUSTER_PATH ? (
          <ClusterPage />
        ) : (
          <MailPage live={live} problems={problems} nowMs={nowMs} />
        )}
      </main>
    </div>
  );
}

interface MailPageProps {
  readonly live: LiveState;
  readonly problems: readonly Problem[];
  readonly nowMs: number;
}

/** What is wrong, what flows, what waits, and how the parts are. */
function MailPage({ live, problems, nowMs }: MailPageProps) {
  const { snapshot, phase } = live;
  return (
    <>
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
    </>
  );
}

/** A tab in the background says by its title that something is wrong. */
function useTitle(problems: number): void {
  useEffect(() => {
    document.title = problems === 0 ? 'Staffetta' : `(${problems}) Staffetta`;
    return () => void (document.title = 'Staffetta');
  }, [problems]);
}
