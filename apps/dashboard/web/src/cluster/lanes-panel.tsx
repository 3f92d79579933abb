import { useState } from 'react';
import { countOf } from '../format/number.ts';
import { Panel } from '../ui/panel.tsx';
import { StateWord } from '../ui/state-word.tsx';
import type { ClusterSnapshot, Lane } from './documents.ts';
import { LaneDetail } from './lane-detail.tsx';
import { LaneMap } from './lane-map.tsx';
import { laneKey } from './lane-words.ts';
import { OwnerLegend } from './owner-legend.tsx';
import type { OwnerMarks } from './owners.ts';
import classes from './lanes-panel.module.css';

interface LanesPanelProps {
  readonly cluster: ClusterSnapshot | undefined;
  readonly marks: OwnerMarks;
}

/** Who reads which lane. */
export function LanesPanel({ cluster, marks }: LanesPanelProps) {
  const [pointed, setPointed] = useState<string>();
  const lanes = cluster?.lanes ?? [];
  const silent = new Set(cluster?.instances.filter(({ alive }) => !alive).map(({ id }) => id));
  return (
    <Panel
      title="Lanes and their owners"
      note="A lane is a share of the log that one process at a time reads, under a lease of 10 seconds."
      aside={cluster && <Ownership lanes={lanes} silent={silent} />}
    >
      {cluster ? (
        <>
          <OwnerLegend cluster={cluster} marks={marks} />
          <LaneMap lanes={lanes} marks={marks} silent={silent} onPoint={setPointed} />
          <div className={classes.detail}>
            <LaneDetail
              lane={lanes.find((lane) => laneKey(lane) === pointed)}
              cluster={cluster}
              marks={marks}
            />
          </div>
        </>
      ) : (
        <p className={classes.wait}>Waiting for the first look…</p>
      )}
    </Panel>
  );
}

interface OwnershipProps {
  readonly lanes: readonly Lane[];
  readonly silent: ReadonlySet<string>;
}

/** Whether each lane is read: one whose owner has died is the next one's when its lease has ended. */
function Ownership({ lanes, silent }: OwnershipProps) {
  const orphans = lanes.filter(({ owner }) => owner === undefined).length;
  if (orphans > 0) {
    return <StateWord state="bad">{`${countOf(orphans, 'lane')} without owner`}</StateWord>;
  }
  const held = lanes.filter(({ owner }) => owner !== undefined && silent.has(owner)).length;
  if (held > 0) {
    return <StateWord state="warn">{`${countOf(held, 'lane')} of a silent owner`}</StateWord>;
  }
  return <StateWord state="good">All owned</StateWord>;
}
