import { formatCount } from '../format/number.ts';
import { formatDuration, formatFull } from '../format/time.ts';
import table from '../ui/data-table.module.css';
import { Panel } from '../ui/panel.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import type { ClusterSnapshot, TopicLag } from './documents.ts';
import { DutyList } from './duty-list.tsx';
import classes from './lag-panel.module.css';

/** What stands in the log beyond what its readers have settled, and who does what one does for all. */
export function LagPanel({ cluster }: { readonly cluster: ClusterSnapshot | undefined }) {
  return (
    <div className={classes.side}>
      <Panel
        title="Lag"
        note="Records that no reader has settled yet, those being worked on included."
      >
        {cluster && cluster.lag.length > 0 ? (
          <LagTable lag={cluster.lag} nowMs={cluster.at} />
        ) : (
          <p className={classes.words}>
            {cluster
              ? 'The log is not in the database, so its end is not known here.'
              : 'Waiting for the first look…'}
          </p>
        )}
      </Panel>
      <Panel
        title="Leaders"
        note="What one process does for all of them, and which one did it last."
      >
        <DutyList cluster={cluster} />
      </Panel>
    </div>
  );
}

function LagTable({ lag, nowMs }: { readonly lag: readonly TopicLag[]; readonly nowMs: number }) {
  return (
    <ScrollRegion label="Table of lags">
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Mail</th>
            <th scope="col" className={table.number}>
              Records
            </th>
            <th scope="col" className={table.number}>
              Lanes
            </th>
            <th scope="col" className={table.number}>
              Oldest
            </th>
          </tr>
        </thead>
        <tbody>
          {lag.map(({ topic, bulk, records, lanes, oldestAcceptedAtMs, oldestLane }) => (
            <tr key={`${topic} ${bulk}`}>
              <th scope="row">
                {topic}
                {bulk && <span className={table.dim}> bulk</span>}
              </th>
              <td className={table.number}>{formatCount(records)}</td>
              <td className={table.number}>{formatCount(lanes)}</td>
              <td className={table.number}>
                {oldestAcceptedAtMs === undefined ? (
                  <span className={table.dim}>–</span>
                ) : (
                  <span title={`${formatFull(oldestAcceptedAtMs)}, lane ${oldestLane ?? '?'}`}>
                    {formatDuration(nowMs - oldestAcceptedAtMs)}
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
