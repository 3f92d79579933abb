import type { SiteQueue } from '../api/documents.ts';
import { formatCount } from '../format/number.ts';
import { formatDue, formatDuration, formatFull } from '../format/time.ts';
import table from '../ui/data-table.module.css';
import { nameSite } from './site-name.ts';

interface QueueRowProps {
  readonly queue: SiteQueue;
  readonly nowMs: number;
}

/** What waits for one site. */
export function QueueRow({ queue, nowMs }: QueueRowProps) {
  const { site, scheduled, ready, oldestAcceptedAtMs, nextDueAtMs, lastReply } = queue;
  const { connections, restUntilMs } = queue;
  const { name, isUnresolved } = nameSite(site);
  return (
    <tr>
      <th scope="row">
        {name}
        {isUnresolved && <div className={table.dim}>MX not resolved</div>}
      </th>
      <td className={table.number}>{formatCount(scheduled)}</td>
      <td className={table.number}>{formatCount(ready)}</td>
      <td className={table.number}>
        {connections === undefined ? (
          <span className={table.dim} title="Its delivery worker does not answer">
            –
          </span>
        ) : (
          formatCount(connections)
        )}
        {restUntilMs !== undefined && (
          <div className={table.dim} title={formatFull(restUntilMs)}>
            rests {formatDuration(Math.max(restUntilMs - nowMs, 0))}
          </div>
        )}
      </td>
      <td className={table.number}>
        {oldestAcceptedAtMs === undefined ? (
          <span className={table.dim}>–</span>
        ) : (
          <span title={formatFull(oldestAcceptedAtMs)}>
            {formatDuration(nowMs - oldestAcceptedAtMs)}
          </span>
        )}
      </td>
      <td className={table.number}>
        {nextDueAtMs === undefined ? (
          <span className={table.dim}>–</span>
        ) : (
          <span title={formatFull(nextDueAtMs)}>{formatDue(nextDueAtMs, nowMs)}</span>
        )}
      </td>
      <td className={table.text}>
        {lastReply === '' ? (
          <span className={table.dim}>No reply</span>
        ) : (
          <span className={table.mono}>{lastReply}</span>
        )}
      </td>
    </tr>
  );
}
