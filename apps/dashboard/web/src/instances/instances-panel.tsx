import { useQuery } from '@tanstack/react-query';
import type { Instance, SystemStatus } from '../api/documents.ts';
import { get } from '../api/request.ts';
import { formatDuration, formatFull } from '../format/time.ts';
import table from '../ui/data-table.module.css';
import { Panel } from '../ui/panel.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { StateWord } from '../ui/state-word.tsx';

const REFRESH_MS = 5_000;

/** The processes that the system consists of. */
export function InstancesPanel({ nowMs }: { readonly nowMs: number }) {
  const { data } = useQuery({
    queryKey: ['status'],
    queryFn: () => get<SystemStatus>('status'),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Panel title="Instances" note="The processes heard of in the last minute, oldest first.">
      <ScrollRegion label="Table of instances">
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Host</th>
              <th scope="col" className={table.number}>
                PID
              </th>
              <th scope="col">State</th>
              <th scope="col" className={table.number}>
                Runs for
              </th>
              <th scope="col">Version</th>
              <th scope="col">Services</th>
            </tr>
          </thead>
          <tbody>
            {data?.instances.map((instance) => (
              <InstanceRow key={instance.id} instance={instance} nowMs={nowMs} />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Panel>
  );
}

interface InstanceRowProps {
  readonly instance: Instance;
  readonly nowMs: number;
}

function InstanceRow({ instance, nowMs }: InstanceRowProps) {
  const { id, host, pid, version, services, startedAtMs } = instance;
  return (
    <tr>
      <th scope="row" title={id}>
        {host}
      </th>
      <td className={table.number}>{pid}</td>
      <td>
        <InstanceState instance={instance} />
      </td>
      <td className={table.number}>
        <span title={formatFull(startedAtMs)}>{formatDuration(nowMs - startedAtMs)}</span>
      </td>
      <td>{version}</td>
      <td className={table.text}>{services.join(', ')}</td>
    </tr>
  );
}

function InstanceState({ instance: { alive, ready } }: { readonly instance: Instance }) {
  if (!alive) return <StateWord state="bad">No sign of life</StateWord>;
  if (!ready) return <StateWord state="warn">Not ready</StateWord>;
  return <StateWord state="good">Ready</StateWord>;
}
