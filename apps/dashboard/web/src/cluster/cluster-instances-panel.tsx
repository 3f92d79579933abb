import { formatDuration, formatFull } from '../format/time.ts';
import table from '../ui/data-table.module.css';
import { Panel } from '../ui/panel.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { StateWord } from '../ui/state-word.tsx';
import type { ClusterInstance, ClusterSnapshot } from './documents.ts';
import { sayServices, saySeconds } from './lane-words.ts';
import { OwnerBadge } from './owner-badge.tsx';
import type { OwnerMarks } from './owners.ts';
import classes from './cluster-instances-panel.module.css';

interface ClusterInstancesPanelProps {
  readonly cluster: ClusterSnapshot | undefined;
  readonly marks: OwnerMarks;
}

const NUMBERS = ['PID', 'Runs for', 'Heartbeat', 'Lanes'];
const COLUMNS = [
  'Services',
  'State',
  'Host',
  'PID',
  'Runs for',
  'Heartbeat',
  'Lanes',
  'gRPC',
  'Version',
  'Parts',
];

/** The processes, those that are not well first. */
export function ClusterInstancesPanel({ cluster, marks }: ClusterInstancesPanelProps) {
  const instances = [...(cluster?.instances ?? [])].sort((a, b) => rank(a) - rank(b));
  return (
    <Panel
      title="Instances"
      note="Every process that runs, and for 15 minutes those that ended without a word."
    >
      <ScrollRegion label="Table of instances">
        <table className={table.table}>
          <thead>
            <tr>
              {COLUMNS.map((name) => (
                <th
                  key={name}
                  scope="col"
                  className={NUMBERS.includes(name) ? table.number : undefined}
                >
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {instances.map((instance) => (
              <InstanceRow
                key={instance.id}
                instance={instance}
                nowMs={cluster?.at ?? 0}
                marks={marks}
              />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Panel>
  );
}

function rank({ alive, ready, health }: ClusterInstance): number {
  if (!alive) return 0;
  return ready && health.every(({ ok }) => ok) ? 2 : 1;
}

interface InstanceRowProps {
  readonly instance: ClusterInstance;
  readonly nowMs: number;
  readonly marks: OwnerMarks;
}

function InstanceRow({ instance, nowMs, marks }: InstanceRowProps) {
  const { id, services, host, pid, startedAtMs, heartbeatAtMs, lanes, grpc, version } = instance;
  const silentMs = nowMs - heartbeatAtMs;
  return (
    <tr>
      <th scope="row" title={`${services.join(', ')} (${id})`}>
        <span className={classes.name}>
          {marks.has(id) && <OwnerBadge mark={marks.of(id)} />}
          {sayServices(services)}
        </span>
      </th>
      <td>
        <State instance={instance} />
      </td>
      <td>{host}</td>
      <td className={table.number}>{pid}</td>
      <td className={table.number}>
        <span title={formatFull(startedAtMs)}>{formatDuration(nowMs - startedAtMs)}</span>
      </td>
      <td className={table.number}>
        <span title={formatFull(heartbeatAtMs)}>
          {silentMs < 60_000 ? saySeconds(silentMs) : formatDuration(silentMs)} ago
        </span>
      </td>
      <td className={table.number}>{lanes}</td>
      <td>
        {grpc === '' ? (
          <span className={table.dim}>–</span>
        ) : (
          <span className={table.mono}>{grpc}</span>
        )}
      </td>
      <td>{version}</td>
      <td>
        <Parts instance={instance} />
      </td>
    </tr>
  );
}

function State({ instance: { alive, ready } }: { readonly instance: ClusterInstance }) {
  if (!alive) return <StateWord state="bad">No sign of life</StateWord>;
  if (!ready) return <StateWord state="warn">Not ready</StateWord>;
  return <StateWord state="good">Ready</StateWord>;
}

/** What it told of its parts when it was last heard of. */
function Parts({ instance: { health } }: { readonly instance: ClusterInstance }) {
  if (health.length === 0) return <span className={table.dim}>–</span>;
  return (
    <ul className={classes.parts}>
      {health.map(({ name, ok, detail }) => (
        <li key={name}>
          {ok ? (
            <span>
              {name} <span className={table.dim}>{detail || 'ok'}</span>
            </span>
          ) : (
            <StateWord state="bad">{`${name} ${detail || 'not ok'}`}</StateWord>
          )}
        </li>
      ))}
    </ul>
  );
}
