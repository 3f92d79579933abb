import type { Body, LogRecord } from '@staffetta/core';
import type { Connection } from '../database.ts';
import { parkTable } from '../scheduled/park-slices.ts';
import type { ParkSlices } from '../scheduled/park-slices.ts';
import { formatBodyRef, parseBodyRef, SEGMENT_BYTES } from './body-ref.ts';
import type { Slice } from './slices.ts';

/**
 * Copies the contents of records that come from parked mail back into the log, inside the server: a slice of parked
 * mail goes when no scheduled row needs it, whatever records say.
 */
export async function unparkBodies(
  connection: Connection,
  parkSlices: ParkSlices,
  slice: Slice,
  takeSegments: (count: number) => Promise<number>,
  records: readonly LogRecord[],
): Promise<readonly LogRecord[]> {
  const places = new Map<string, Body>();
  for (const { body } of records) {
    if (!body.ref?.startsWith('p') || places.has(body.ref)) continue;
    const place = parseBodyRef(body.ref);
    if (place.kind !== 'park') continue;
    const ring = await parkSlices.ringOf(place.slice);
    if (ring === undefined) throw new Error(`slice ${place.slice} of parked mail is gone`);
    const parts = Math.ceil(body.sizeBytes / SEGMENT_BYTES);
    const segment = await takeSegments(Math.max(parts, 1));
    const copied = await connection.query(
      `insert into log_${slice.ring}_body (segment, bytes)
       select $1::bigint + part, bytes from ${parkTable(ring)} where message_id = $2`,
      [segment, place.messageId],
    );
    if (copied.rowCount !== parts) throw new Error('a parked content is gone');
    const ref = formatBodyRef({ kind: 'log', slice: slice.seq, segment, offset: 0 });
    places.set(body.ref, { ...body, ref });
  }
  if (places.size === 0) return records;
  return records.map((record) => ({
    ...record,
    body: places.get(record.body.ref ?? '') ?? record.body,
  }));
}
