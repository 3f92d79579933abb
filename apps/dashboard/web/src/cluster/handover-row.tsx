import { countOf } from '../format/number.ts';
import { formatClockSeconds, formatDuration, formatFull } from '../format/time.ts';
import table from '../ui/data-table.module.css';
import { StateWord } from '../ui/state-word.tsx';
import type { Handover, Holder } from './documents.ts';
import { nameHolder, sayLanes, saySeconds } from './lane-words.ts';
import { OwnerBadge } from './owner-badge.tsx';
import type { OwnerMarks } from './owners.ts';
import classes from './handovers-panel.module.css';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

interface HandoverRowProps {
  readonly handover: Handover;
  readonly nowMs: number;
  readonly marks: OwnerMarks;
}

/** Lanes that went from one process to another at once. */
export function HandoverRow({ handover, nowMs, marks }: HandoverRowProps) {
  const { atMs, topic, lanes, from, to, idleMs } = handover;
  return (
    <tr>
      <td title={formatFull(atMs)}>
        {nowMs - atMs < DAY_MS ? formatClockSeconds(atMs) : formatFull(atMs)}{' '}
        <span className={table.dim}>{formatDuration(nowMs - atMs)} ago</span>
      </td>
      <th scope="row" className={table.text}>
        {countOf(lanes.length, 'lane')} of {topic}{' '}
        <span className={table.dim}>{sayLanes(lanes)}</span>
      </th>
      <td>
        {from ? <HolderName holder={from} marks={marks} /> : <span className={table.dim}>–</span>}
      </td>
      <td>
        <HolderName holder={to} marks={marks} />
      </td>
      <td>
        <Manner handover={handover} />
      </td>
      <td className={table.number}>
        {idleMs === undefined ? (
          <span className={table.dim}>–</span>
        ) : idleMs < MINUTE_MS ? (
          saySeconds(idleMs)
        ) : (
          formatDuration(idleMs)
        )}
      </td>
    </tr>
  );
}

function HolderName({ holder, marks }: { readonly holder: Holder; readonly marks: OwnerMarks }) {
  return (
    <span className={classes.holder} title={holder.id}>
      {marks.has(holder.id) && <OwnerBadge mark={marks.of(holder.id)} />}
      {nameHolder(holder)}
    </span>
  );
}

function Manner({ handover: { from, to, clean } }: { readonly handover: Handover }) {
  if (!from) return <span className={table.dim}>First owner</span>;
  if (clean) return <StateWord state="good">Clean</StateWord>;
  return <StateWord state="warn">{from.id === to.id ? 'Taken back' : 'Unclean'}</StateWord>;
}
