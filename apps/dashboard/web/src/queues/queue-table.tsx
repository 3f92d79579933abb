import type { SiteQueue } from '../api/documents.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import table from '../ui/data-table.module.css';
import { QueueRow } from './queue-row.tsx';
import { SortHeader } from './sort-header.tsx';
import type { Order, SortKey } from './sort-queues.ts';

interface QueueTableProps {
  readonly queues: readonly SiteQueue[];
  readonly nowMs: number;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}

const COLUMNS: readonly (readonly [key: SortKey, label: string, meaning: string])[] = [
  ['site', 'Site', 'Where the mail goes'],
  ['scheduled', 'Scheduled', 'Recipients that wait for their next attempt, or for room'],
  ['ready', 'Ready', 'Messages in memory that wait for a connection'],
  ['connections', 'Connections', 'Open to the servers of the site'],
  ['oldest', 'Oldest message', 'Since its acceptance'],
  ['next', 'Next attempt', 'The earliest that is planned'],
];

/** Queues as rows, sorted by the column whose heading was clicked. */
export function QueueTable({ queues, nowMs, order, onOrder }: QueueTableProps) {
  return (
    <ScrollRegion label="Table of queues">
      <table className={table.table}>
        <thead>
          <tr>
            {COLUMNS.map(([key, label, meaning]) => (
              <SortHeader
                key={key}
                sortKey={key}
                label={label}
                meaning={meaning}
                isNumber={key !== 'site'}
                order={order}
                onOrder={onOrder}
              />
            ))}
            <th scope="col">Last reply</th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <QueueRow key={queue.site} queue={queue} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
