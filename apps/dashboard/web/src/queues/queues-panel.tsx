import { TextInput } from '@mantine/core';
import { useState } from 'react';
import type { SiteQueue } from '../api/documents.ts';
import { SearchIcon } from '../ui/icons.tsx';
import { Panel } from '../ui/panel.tsx';
import { QueueTable } from './queue-table.tsx';
import { sortQueues } from './sort-queues.ts';
import type { Order } from './sort-queues.ts';
import classes from './queues-panel.module.css';

interface QueuesPanelProps {
  /** Undefined before the first figures. */
  readonly queues: readonly SiteQueue[] | undefined;
  readonly nowMs: number;
}

/** The server tells the longest queues only. */
const SITES_MAX = 100;

/** What waits, by site, with the reply of the last attempt. */
export function QueuesPanel({ queues, nowMs }: QueuesPanelProps) {
  const [text, setText] = useState('');
  const [order, setOrder] = useState<Order>({ key: 'scheduled', descending: true });
  const shown = sortQueues(queues ?? [], text, order);
  return (
    <Panel
      title="Queues by site"
      note="A site is all domains that are served by the same set of MX hosts, or a next hop."
      aside={
        queues && queues.length > 0 ? (
          <TextInput
            size="xs"
            type="search"
            aria-label="Filter by site or reply"
            placeholder="Site or reply"
            leftSection={<SearchIcon size={14} />}
            className={classes.filter ?? ''}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
        ) : undefined
      }
    >
      {shown.length > 0 ? (
        <QueueTable queues={shown} nowMs={nowMs} order={order} onOrder={setOrder} />
      ) : (
        <p className={classes.empty}>{emptyWords(queues)}</p>
      )}
      {shown.length > 0 && (
        <p className={classes.more}>
          {queues && queues.length >= SITES_MAX && `These are the ${SITES_MAX} longest queues. `}
          <code>npx --no staffetta queue show SITE</code> tells about one,{' '}
          <code>message list --site SITE</code> names its messages, and <code>message show ID</code>{' '}
          has every reply.
        </p>
      )}
    </Panel>
  );
}

function emptyWords(queues: readonly SiteQueue[] | undefined): string {
  if (!queues) return 'Waiting for the first figures…';
  if (queues.length > 0) return 'No site or reply has this text.';
  return 'No mail waits. What is deferred, or too much for a site at once, will be listed here with the last reply.';
}
