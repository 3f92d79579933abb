import { createHash } from 'node:crypto';
import type { LaneLease } from '@staffetta/core';
import type { Statement } from '../trace/write-events.ts';
import { TOPIC_NUMBERS } from './partitions.ts';
import type { Slice } from './slices.ts';

const NAME_CHARS_MAX = 63;

/** The records of some partitions, as rows to be. */
export interface Batches {
  readonly numbers: readonly number[];
  readonly counts: readonly number[];
  readonly bodySlices: readonly number[];
  readonly batches: readonly Buffer[];
}

/** The contents that are written with them. */
export interface Segment {
  readonly number: number;
  readonly bytes: Buffer;
}

/** The read position that a pipe moves with its results. */
export interface Fence {
  readonly lease: LaneLease;
  readonly bulk: boolean;
  /** Where it must stand: a write whose reply was lost may have moved it. */
  readonly from: number;
  readonly position: number;
}

/** Everything of one write. */
export interface Write {
  readonly slice: Slice;
  readonly batches: Batches;
  readonly segments: readonly Segment[];
  /** Inserts of events; each is one `insert … select * from …`. */
  readonly events: readonly Statement[];
  readonly fence: Fence | undefined;
}

/**
 * One statement for one write, so that it costs one way to the server and is its own transaction. Nothing at all is
 * written where the slice was closed meanwhile or the lease is another's: then it returns no row. The row locks of the
 * partitions are taken after everything else is written, so that they are held for little more than the commit.
 */
export function writeStatement({ slice, batches, segments, events, fence }: Write): Statement {
  const values: unknown[] = [];
  const value = (one: unknown): string => `$${values.push(one)}`;
  const open = `(select from log_slice where seq = ${value(slice.seq)}::bigint and closed_at is null)`;
  const seq = '$1::bigint';
  const steps: string[] = [];
  if (fence) steps.push(`fence as (${fenceUpdate(fence, value)} and exists ${open} returning 1)`);
  steps.push(
    `gate as (select where exists ${open}${fence ? ' and exists (select from fence)' : ''})`,
  );
  if (segments.length > 0) {
    const rows = segments.map(
      (one) => `(${value(one.number)}::bigint, ${value(one.bytes)}::bytea)`,
    );
    steps.push(
      `body as (insert into log_${slice.ring}_body (segment, bytes)
         select segment.* from (values ${rows.join(', ')}) as segment cross join gate returning 1)`,
    );
  }
  for (const [index, event] of events.entries()) {
    const text = event.text.replace('$1', value(event.values[0]));
    steps.push(`event_${index} as (${text} cross join gate returning 1)`);
  }
  const before = steps.slice(fence ? 2 : 1).map((step) => step.slice(0, step.indexOf(' ')));
  steps.push(...recordSteps(batches, before, value));
  const base =
    batches.numbers.length > 0
      ? recordInsert(slice, seq)
      : 'select 0 as partition, 0 as base from gate';
  const shape = [
    slice.ring,
    fence ? (fence.bulk ? 'b' : 'n') : '',
    segments.length > 0 ? `s${segments.length}` : '',
    batches.numbers.length > 0 ? 'r' : '',
  ];
  return {
    name: nameOf(`write_${shape.join('_')}_${events.map((event) => event.name).join('_')}`),
    text: `with ${steps.join(',\n')}\n${base}`,
    values,
  };
}

function fenceUpdate(
  { lease, bulk, from, position }: Fence,
  value: (one: unknown) => string,
): string {
  const column = bulk ? 'bulk_position' : 'position';
  return `update lane set ${column} = ${value(position)}
    where topic = ${value(TOPIC_NUMBERS[lease.topic])} and lane = ${value(lease.lane)}
      and owner = ${value(lease.owner)} and epoch = ${value(lease.epoch)}
      and ${column} = ${value(from)}`;
}

/** Draws the numbers of the partitions, once what is named `before` has been written. */
function recordSteps(
  { numbers, counts, bodySlices, batches }: Batches,
  before: readonly string[],
  value: (one: unknown) => string,
): string[] {
  if (numbers.length === 0)
    return before.map((name) => `after_${name} as (select count(*) from ${name})`);
  let end = 1;
  const offsets = batches.map((batch) => (end += batch.length) - batch.length);
  const all = batches.length === 1 ? batches[0] : Buffer.concat(batches);
  const written = [
    `${value(numbers)}::int[]`,
    `${value(counts)}::int[]`,
    `${value(bodySlices)}::bigint[]`,
    `${value(offsets)}::int[]`,
    `${value(batches.map((batch) => batch.length))}::int[]`,
  ].join(', ');
  return [
    `written as (select partition, count, body_slice,
       substring(${value(all)}::bytea from first for length) as records
       from unnest(${written}) as batch (partition, count, body_slice, first, length), gate)`,
    `locked as (select id from log_partition where id in (select partition from written)
       ${before.map((name) => `and (select count(*) from ${name}) >= 0`).join(' ')}
       order by id for update)`,
    `numbered as (update log_partition set next = next + written.count from written, locked
       where log_partition.id = written.partition and locked.id = log_partition.id
       returning log_partition.id as partition, next - written.count as base)`,
  ];
}

/** A partition that is not there leaves its base null: the statement fails as a whole. */
function recordInsert(slice: Slice, seq: string): string {
  return `insert into log_${slice.ring}_record (partition, base, count, body_slice, records)
    select written.partition, base, count, least(body_slice, ${seq}), records
    from written left join numbered using (partition)
    returning partition, base`;
}

/** The same for the same statement, and no longer than PostgreSQL keeps it. */
function nameOf(name: string): string {
  return name.length <= NAME_CHARS_MAX ? name : createHash('md5').update(name).digest('hex');
}
