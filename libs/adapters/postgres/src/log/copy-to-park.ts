import type { ScheduledInsert } from '@staffetta/core';
import type { Connection } from '../database.ts';
import { parkTable } from '../scheduled/park-slices.ts';
import type { ParkSlice } from '../scheduled/park-slices.ts';
import { parseBodyRef, SEGMENT_BYTES } from './body-ref.ts';
import type { Slices } from './slices.ts';

/** Copies contents from slices of the log to one of parked mail, inside the server. */
export async function copyToPark(
  connection: Connection,
  slices: Slices,
  target: ParkSlice,
  inserts: readonly ScheduledInsert[],
): Promise<void> {
  const bySlice = new Map<number, ScheduledInsert[]>();
  for (const insert of inserts) {
    const place = parseBodyRef(insert.body.ref ?? '');
    if (place.kind !== 'log') continue;
    const list = bySlice.get(place.slice);
    if (list) list.push(insert);
    else bySlice.set(place.slice, [insert]);
  }
  for (const [slice, list] of bySlice) {
    const ring = await slices.ringOf(slice);
    if (ring === undefined) throw new Error(`log slice ${slice} is gone while a record needs it`);
    await copyFromSlice(connection, ring, target.ring, list);
  }
}

async function copyFromSlice(
  connection: Connection,
  fromRing: number,
  toRing: number,
  inserts: readonly ScheduledInsert[],
): Promise<void> {
  const parts = inserts.flatMap(({ envelope, body }) => {
    const place = parseBodyRef(body.ref ?? '');
    if (place.kind !== 'log') return [];
    const count = Math.max(1, Math.ceil(body.sizeBytes / SEGMENT_BYTES));
    return Array.from({ length: count }, (_, part) => ({
      messageId: envelope.messageId,
      part,
      segment: place.segment + part,
      offset: place.offset,
      length: Math.min(SEGMENT_BYTES, body.sizeBytes - part * SEGMENT_BYTES),
    }));
  });
  await connection.query(
    `insert into ${parkTable(toRing)} (message_id, part, bytes)
     select distinct on (place.message_id, place.part)
       place.message_id, place.part, substring(body.bytes from place."offset" + 1 for place.length)
     from unnest($1::uuid[], $2::int[], $3::bigint[], $4::int[], $5::int[])
       as place (message_id, part, segment, "offset", length)
     join log_${fromRing}_body body using (segment)
     on conflict do nothing`,
    [
      parts.map((part) => part.messageId),
      parts.map((part) => part.part),
      parts.map((part) => part.segment),
      parts.map((part) => part.offset),
      parts.map((part) => part.length),
    ],
  );
}
