import { randomUUID } from 'node:crypto';
import type {
  DeliveryStore,
  LaneLease,
  LaneSettlement,
  ScheduledInsert,
  ScheduledRow,
  ScheduledUpdate,
  SmtpReply,
  StoredRecord,
} from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { decodeEnvelope, encodeEnvelope } from '../log/batch-codec.ts';
import { formatBodyRef, parseBodyRef, SEGMENT_BYTES } from '../log/body-ref.ts';
import { TOPIC_NUMBERS } from '../log/partitions.ts';
import type { PostgresLog } from '../log/postgres-log.ts';
import { NotWritten } from '../log/record-writer.ts';
import { storableJson } from '../storable-json.ts';
import { writeEvents } from '../trace/write-events.ts';
import { parkTable } from './park-slices.ts';
import { PULL_ROWS } from './pull-rows.ts';

const FLUSH_TRIES_MAX = 5;
/** The sequence's increment. */
const ROW_ID_BLOCK = 1_000;

interface Scheduled {
  id: number;
  lane: number;
  envelope: Buffer;
  body_slice: number;
  body_bytes: number;
  message_id: string;
  due_at: number;
  last_reply: SmtpReply | null;
}

/** Settlement and scheduled mail in PostgreSQL, beside the log in PostgreSQL: one transaction a flush. */
export class PostgresDeliveryStore implements DeliveryStore {
  readonly #database: Database;
  readonly #log: PostgresLog;
  /** A settlement that is flushed again, since the reply was lost, has the same id. */
  readonly #flushIds = new WeakMap<LaneSettlement, string>();

  constructor(database: Database, log: PostgresLog) {
    this.#database = database;
    this.#log = log;
  }

  async takeRowIds(): Promise<{ readonly first: number; readonly count: number }> {
    const rows = await this.#database.query<{ first: number }>(
      `select nextval('scheduled_id') as first`,
    );
    return { first: rows[0]!.first, count: ROW_ID_BLOCK };
  }

  async reclaim(leases: readonly LaneLease[]): Promise<readonly ScheduledRow[]> {
    const rows = await this.#database.query<Scheduled & Record<string, unknown>>(
      `with ours as (
         select lane.lane from lane
         join unnest($2::int[], $3::text[], $4::bigint[]) as held (lane, owner, epoch)
           using (lane, owner, epoch)
         where topic = $1 order by lane for share of lane
       )
       update scheduled set state = 'due'
       where lane in (select lane from ours) and state = 'wire'
       returning id, lane, envelope, body_slice, body_bytes, message_id, due_at, last_reply`,
      [
        TOPIC_NUMBERS.outbound,
        leases.map((lease) => lease.lane),
        leases.map((lease) => lease.owner),
        leases.map((lease) => lease.epoch),
      ],
    );
    return rows.map(scheduledRow);
  }

  async flush(
    settlements: readonly LaneSettlement[],
  ): Promise<{ readonly lost: readonly LaneLease[] }> {
    let pending = settlements;
    const lost: LaneLease[] = [];
    for (let attempt = 1; pending.length > 0; attempt += 1) {
      try {
        const stored = await this.#database.transaction((connection) =>
          this.#writeAll(connection, pending),
        );
        this.#log.committed(stored);
        this.#trim(pending);
        break;
      } catch (error) {
        if (error instanceof NotSaved) {
          this.#trim(pending.filter(({ lease }) => error.written.has(lease.lane)));
          const { leases } = error;
          lost.push(...leases.filter((lease) => !error.written.has(lease.lane)));
          pending = pending.filter((one) => !leases.includes(one.lease));
        } else if (error instanceof NotWritten && attempt < FLUSH_TRIES_MAX) {
          this.#log.slices.forget();
        } else throw error;
      }
    }
    return { lost };
  }

  async pull(
    leases: readonly LaneLease[],
    rowsMax: number,
    without: { readonly exclude: readonly number[]; readonly excludeSites: readonly string[] },
  ): Promise<readonly ScheduledRow[]> {
    if (leases.length === 0) return [];
    const rows = await this.#database.query<Scheduled & Record<string, unknown>>(PULL_ROWS, [
      leases.map((lease) => lease.lane),
      without.exclude,
      without.excludeSites,
      rowsMax,
    ]);
    return rows.map(scheduledRow);
  }

  async nextDueAtMs(leases: readonly LaneLease[]): Promise<number | undefined> {
    const rows = await this.#database.query<{ due: number | null }>(
      `select min(due_at) as due from scheduled where lane = any($1::int[]) and state <> 'wire'`,
      [leases.map((lease) => lease.lane)],
    );
    return rows[0]?.due ?? undefined;
  }

  async #writeAll(
    connection: Connection,
    settlements: readonly LaneSettlement[],
  ): Promise<readonly StoredRecord[]> {
    await savePositions(
      connection,
      settlements,
      settlements.map((one) => this.#flushId(one)),
    );
    const deletes = settlements.flatMap((one) => one.deletes);
    if (deletes.length > 0) {
      await connection.query('delete from scheduled where id = any($1::bigint[])', [deletes]);
    }
    for (const { lease, inserts } of settlements) {
      if (inserts.length > 0) await this.#insertScheduled(connection, lease.lane, inserts);
    }
    await updateScheduled(
      connection,
      settlements.flatMap((one) => one.updates),
    );
    const events = settlements.flatMap((one) => one.events);
    if (events.length > 0) await writeEvents(connection, events);
    return this.#log.writer.write(
      connection,
      settlements.flatMap((one) => one.records),
    );
  }

  async #insertScheduled(
    connection: Connection,
    lane: number,
    inserts: readonly ScheduledInsert[],
  ): Promise<void> {
    const parked = await this.#parkBodies(connection, inserts);
    const envelopes = inserts.map((insert) => encodeEnvelope(insert.envelope));
    const rows = inserts.map((insert, index) => scheduledJson(insert, parked[index]!));
    await connection.query({
      name: 'scheduled_insert',
      text: `insert into scheduled (id, lane, bulk, priority, state, due_at, tenant_id, site, domain, message_id,
               recipients, accepted_at, expires_at, envelope, body_slice, body_bytes, last_reply, reason)
             select coalesce(id, nextval('scheduled_id')), $1, bulk, priority, state, due_at, tenant_id, site, domain, message_id, recipients, accepted_at,
               expires_at, decode(envelope, 'base64'), body_slice, body_bytes, last_reply, reason
             from json_to_recordset($2) as row (id bigint, bulk boolean, priority smallint, state text, due_at timestamptz,
               tenant_id text, site text, domain text, message_id uuid, recipients int, accepted_at timestamptz,
               expires_at timestamptz, envelope text, body_slice bigint, body_bytes bigint, last_reply jsonb,
               reason text)`,
      values: [
        lane,
        storableJson(
          rows.map((row, index) => ({ ...row, envelope: envelopes[index]!.toString('base64') })),
        ),
      ],
    });
  }

  /** Copies contents from the log to this hour's slice, inside the server; returns the slice of each. */
  async #parkBodies(
    connection: Connection,
    inserts: readonly ScheduledInsert[],
  ): Promise<readonly number[]> {
    const target = await this.#log.parkSlices.current(Date.now());
    const fromLog = new Map<number, ScheduledInsert[]>();
    const slices = inserts.map((insert) => {
      const place = parseBodyRef(insert.body.ref ?? '');
      if (place.kind === 'park') return place.slice;
      const list = fromLog.get(place.slice);
      if (list) list.push(insert);
      else fromLog.set(place.slice, [insert]);
      return target.seq;
    });
    for (const [slice, list] of fromLog) {
      const ring = await this.#log.slices.ringOf(slice);
      if (ring === undefined) throw new Error(`log slice ${slice} is gone while a record needs it`);
      await copyBodies(connection, ring, target.ring, list);
    }
    if (fromLog.size > 0 && !(await this.#log.parkSlices.isOpen(connection, target))) {
      throw new NotWritten('the slice of parked mail was freed');
    }
    return slices;
  }

  #flushId(settlement: LaneSettlement): string {
    const id = this.#flushIds.get(settlement) ?? randomUUID();
    this.#flushIds.set(settlement, id);
    return id;
  }

  #trim(settlements: readonly LaneSettlement[]): void {
    for (const { lease, normal, bulk } of settlements) {
      const { topic, lane } = lease;
      this.#log.trim({ topic, lane, bulk: false }, normal.position);
      this.#log.trim({ topic, lane, bulk: true }, bulk.position);
    }
  }
}

/** Some lanes belong to others by now, or this flush of theirs is written already. */
class NotSaved extends Error {
  override readonly name = 'NotSaved';
  readonly leases: readonly LaneLease[];
  /** Those lanes of them that have it. */
  readonly written: ReadonlySet<number>;

  constructor(leases: readonly LaneLease[], written: ReadonlySet<number>) {
    super(`not saved: lanes ${leases.map((lease) => lease.lane).join(', ')}`);
    this.leases = leases;
    this.written = written;
  }
}

async function savePositions(
  connection: Connection,
  settlements: readonly LaneSettlement[],
  flushIds: readonly string[],
): Promise<void> {
  const lanes = settlements.map((one) => one.lease.lane);
  const saved = await connection.query<{ lane: number }>({
    name: 'settle',
    // The rows are locked in order, as when leases are renewed, so that the two never wait for each other.
    text: `with done as (
             select * from unnest($2::int[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bigint[], $7::bytea[],
               $8::text[], $9::uuid[])
               as done (lane, epoch, position, settled, bulk_position, bulk_settled, owner, flush_id)
           ), locked as (
             select lane.lane from lane join done using (lane, epoch, owner) where topic = $1
             order by lane for update of lane
           )
           update lane set position = done.position, settled = done.settled,
             bulk_position = done.bulk_position, bulk_settled = done.bulk_settled, flush_id = done.flush_id
           from locked join done using (lane)
           where lane.topic = $1 and lane.lane = locked.lane and lane.epoch = done.epoch
             and lane.owner = done.owner and lane.flush_id is distinct from done.flush_id
           returning lane.lane`,
    values: [
      TOPIC_NUMBERS.outbound,
      lanes,
      settlements.map((one) => one.lease.epoch),
      settlements.map((one) => one.normal.position),
      settlements.map((one) => one.normal.settled),
      settlements.map((one) => one.bulk.position),
      settlements.map((one) => one.bulk.settled),
      settlements.map((one) => one.lease.owner),
      flushIds,
    ],
  });
  if (saved.rows.length === settlements.length) return;
  const written = await connection.query<{ lane: number }>(
    `select lane from lane join unnest($2::int[], $3::uuid[]) as done (lane, flush_id) using (lane, flush_id)
     where topic = $1`,
    [TOPIC_NUMBERS.outbound, lanes, flushIds],
  );
  const ours = new Set(saved.rows.map((row) => row.lane));
  throw new NotSaved(
    settlements.map((one) => one.lease).filter((lease) => !ours.has(lease.lane)),
    new Set(written.rows.map((row) => row.lane).filter((lane) => !ours.has(lane))),
  );
}

async function updateScheduled(
  connection: Connection,
  updates: readonly ScheduledUpdate[],
): Promise<void> {
  if (updates.length === 0) return;
  const rows = updates.map(({ id, dueAtMs, state, envelope, lastReply, reason }) => ({
    id,
    due_at: new Date(dueAtMs).toISOString(),
    state,
    recipients: envelope?.recipients.length,
    envelope: envelope && encodeEnvelope(envelope).toString('base64'),
    last_reply: lastReply,
    reason,
  }));
  await connection.query({
    name: 'scheduled_update',
    text: `update scheduled set due_at = row.due_at, state = row.state,
             recipients = coalesce(row.recipients, scheduled.recipients),
             envelope = coalesce(decode(row.envelope, 'base64'), scheduled.envelope),
             last_reply = coalesce(row.last_reply, scheduled.last_reply),
             reason = coalesce(row.reason, scheduled.reason)
           from json_to_recordset($1) as row (id bigint, due_at timestamptz, state text, recipients int,
             envelope text, last_reply jsonb, reason text)
           where scheduled.id = row.id`,
    values: [storableJson(rows)],
  });
}

async function copyBodies(
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

function scheduledJson(insert: ScheduledInsert, bodySlice: number): object {
  const { envelope } = insert;
  return {
    id: insert.id,
    bulk: envelope.bulk,
    priority: envelope.priority,
    state: insert.state,
    due_at: new Date(insert.dueAtMs).toISOString(),
    tenant_id: envelope.tenantId,
    site: envelope.route?.site ?? '',
    domain: envelope.route?.domain ?? '',
    message_id: envelope.messageId,
    recipients: envelope.recipients.length,
    accepted_at: new Date(envelope.acceptedAtMs).toISOString(),
    expires_at: new Date(envelope.expiresAtMs).toISOString(),
    body_slice: bodySlice,
    body_bytes: insert.body.sizeBytes,
    last_reply: insert.lastReply ?? null,
    reason: insert.reason,
  };
}

function scheduledRow(row: Scheduled): ScheduledRow {
  const messageId = row.message_id.replaceAll('-', '');
  const ref = formatBodyRef({ kind: 'park', slice: row.body_slice, messageId });
  return {
    id: row.id,
    lane: row.lane,
    envelope: decodeEnvelope(row.envelope),
    body: { sizeBytes: row.body_bytes, bytes: undefined, ref },
    dueAtMs: row.due_at,
    lastReply: row.last_reply ?? undefined,
  };
}
