import { useState } from 'react';
import { ClusterFigures } from './cluster-figures.tsx';
import { HandoversPanel } from './handovers-panel.tsx';
import { ClusterInstancesPanel } from './cluster-instances-panel.tsx';
import { LagPanel } from './lag-panel.tsx';
import { LanesPanel } from './lanes-panel.tsx';
import { OwnerMarks } from './owners.ts';
import { useCluster } from './use-cluster.ts';
import { VerdictPanel } from './verdict-panel.tsx';
import classes from './cluster-page.module.css';

/** What is wrong with the cluster; then who owns what, what stands in the log, and who is there. */
export function ClusterPage() {
  const { cluster, error } = useCluster();
  const [marks] = useState(() => new OwnerMarks());
  // In the order of their starts, not in the order in which they are painted.
  for (const { id, lanes } of cluster?.instances ?? []) if (lanes > 0) marks.of(id);
  return (
    <>
      <VerdictPanel cluster={cluster} error={error} />
      {/* What cannot be known now has no colour: green would say that it is well. */}
      <div className={classes.known} data-stale={error !== null}>
        <ClusterFigures cluster={cluster} />
        <div className={classes.top}>
          <LanesPanel cluster={cluster} marks={marks} />
          <LagPanel cluster={cluster} />
        </div>
        <ClusterInstancesPanel cluster={cluster} marks={marks} />
        <HandoversPanel nowMs={cluster?.at ?? Date.now()} marks={marks} />
      </div>
    </>
  );
}
