import { randomUUID } from 'node:crypto';
import type {
  DeliveryStore,
  KeptSettlement,
  LaneLease,
  LaneSettlement,
  RowsOfOthers,
  ScheduledInsert,
  ScheduledRow,
  ScheduledUpdate,
  SmtpReply,
  StoredRecord,
} from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { decodeEnvelope, encodeEnvelope } from '../log/batch-codec.ts';
import { mayBeAlive } from '../lanes/living-process.ts';
import { formatBodyRef, parseBodyRef } from '../log/body-ref.ts';
import { TOPIC_NUMBERS } from '../log/partitions.ts';
import { NotWritten } from '../log/record-writer.ts';
import type { SettlementLog } from '../settlement/settlement-log.ts';
import { storableJson } from '../storable-json.ts';
import { PULL_ROWS } from './pull-rows.ts';
import { followed, outcomesOf, rowsThere } from './row-outcomes.ts';

const FLUSH_TRIES_MAX = 5;
/** The sequence's increment. */
const ROW_ID_BLOCK = 1_000;

/** It was kept by an earlier owner, whose time is over or who is dead. */
const IS_OVERDUE = `(wire_until < now() or not ${mayBeAlive('scheduled.wire_owner')})`;

type RowInLane = ScheduledInsert & { readonly lane: number };

function inLane({ lane }: LaneLease, insert: ScheduledInsert): RowInLane {
  return { ...insert, lane };
}

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

/**
 * Settlement and scheduled mail in PostgreSQL: one transaction a flush. What follows from outcomes is part of it, or
 * appended before it, as the log has it.
 */
export class PostgresDeliveryStore implements DeliveryStore {
  readonly #database: Database;
  readonly #log: SettlementLog;
  /** A settlement that is flushed again, since the reply was lost, has the same id. */
  readonly #flushIds = new WeakMap<LaneSettlement, string>();
  /** What follows from these is in the log, though they may not be written yet. */
  readonly #appended = new WeakSet<LaneSettlement>();

  constructor(database: Database, log: SettlementLog) {
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
    return this.#reclaim(leases, `wire_owner is null or ${IS_OVERDUE}`);
  }

  async keep(lease: LaneLease, rows: readonly number[], forMs: number): Promise<void> {
    const [found] = await this.#database.query<{ held: number }>(
      `with held as (
         select lane from lane
         where topic = $1 and lane = $2 and owner = $3 and epoch = $4 for share
       ), kept as (
         update scheduled set wire_owner = $3, wire_until = now() + $6 * interval '1 millisecond'
         where id = any ($5::bigint[]) and state = 'wire' and lane in (select lane from held)
       )
       select count(*) as held from held`,
      [TOPIC_NUMBERS.outbound, lease.lane, lease.owner, lease.epoch, rows, forMs],
    );
    if (found?.held !== 1) throw new Error(`lane ${lease.lane} is another's by now`);
  }

  async keptByOthers(leases: readonly LaneLease[]): Promise<{
    readonly rows: readonly RowsOfOthers[];
    readonly overdue: readonly ScheduledRow[];
  }> {
    const overdue = await this.#reclaim(leases, `wire_owner is not null and ${IS_OVERDUE}`);
    const rows = await this.#database.query<{ lane: number; site: string; count: number }>(
      `select lane, site, count(*) as count from scheduled
       where lane = any ($1::int[]) and state = 'wire' and wire_owner <> $2
       group by lane, site`,
      [leases.map((lease) => lease.lane), leases[0]?.owner],
    );
    return { rows, overdue };
  }

  async settleKept(settlement: KeptSettlement): Promise<void> {
    const { lease, deletes, updates, ofRows } = settlement;
    const events = ofRows.flatMap((one) => one.events);
    const records = ofRows.flatMap((one) => one.records);
    const inserts = ofRows.flatMap((one) => one.inserts.map((row) => inLane(lease, row)));
    const id = deletes[0] ?? updates[0]?.id;
    const isOurs = `select id from scheduled
      where id = $1 and state = 'wire' and wire_owner = $2 and wire_until > now()`;
    if (!this.#log.isPartOfTransaction) {
      if ((await this.#database.query(isOurs, [id, lease.owner])).length === 0) return;
      await this.#log.append(records, events);
    }
    const stored = await this.#database.transaction(async (connection) => {
      const { rows } = await connection.query(`${isOurs} for update`, [id, lease.owner]);
      if (rows.length === 0) return [];
      await connection.query('delete from scheduled where id = any($1::bigint[])', [deletes]);
      await this.#insertScheduled(connection, inserts);
      await updateScheduled(connection, updates);
      return this.#log.follow(connection, { events, records });
    });
    this.#log.committed(stored);
  }

  async flush(settlements: readonly LaneSettlement[]): Promise<{
    readonly lost: readonly LaneLease[];
    readonly gone: readonly number[];
  }> {
    const lost: LaneLease[] = [];
    let pending = this.#log.isPartOfTransaction
      ? settlements
      : await this.#appendBefore(settlements, lost);
    for (let attempt = 1; pending.length > 0; attempt += 1) {
      try {
        const { stored, gone } = await this.#database.transaction((connection) =>
          this.#writeAll(connection, pending),
        );
        this.#log.committed(stored);
        this.#trim(pending);
        return { lost, gone };
      } catch (error) {
        if (error instanceof NotSaved) {
          this.#trim(pending.filter(({ lease }) => error.written.has(lease.lane)));
          const { leases } = error;
          lost.push(...leases.filter((lease) => !error.written.has(lease.lane)));
          pending = pending.filter((one) => !leases.includes(one.lease));
        } else if (error instanceof NotWritten && attempt < FLUSH_TRIES_MAX) {
          this.#log.forget();
        } else throw error;
      }
    }
    return { lost, gone: [] };
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
  ): Promise<{ readonly stored: readonly StoredRecord[]; readonly gone: readonly number[] }> {
    await savePositions(
      connection,
      settlements,
      settlements.map((one) => this.#flushId(one)),
    );
    const found = new Set([
      ...(await deleteScheduled(
        connection,
        settlements.flatMap((one) => one.deletes),
      )),
      ...(await updateScheduled(
        connection,
        settlements.flatMap((one) => one.updates),
      )),
    ]);
    const { holding, gone } = outcomesOf(settlements, found);
    await this.#insertScheduled(
      connection,
      [...settlements, ...holding].flatMap(({ lease, inserts }) =>
        inserts.map((row) => inLane(lease, row)),
      ),
    );
    const wire = settlements.flatMap((one) => one.wire);
    if (wire.length > 0) {
      await connection.query({
        name: 'scheduled_wire',
        text: `update scheduled set state = 'wire' where id = any ($1::bigint[])`,
        values: [wire],
      });
    }
    const stored = await this.#log.follow(connection, followed([...settlements, ...holding]));
    return { stored, gone };
  }

  async #reclaim(leases: readonly LaneLease[], which: string): Promise<readonly ScheduledRow[]> {
    const rows = await this.#database.query<Scheduled & Record<string, unknown>>(
      `with ours as (
         select lane.lane from lane
         join unnest($2::int[], $3::text[], $4::bigint[]) as held (lane, owner, epoch)
           using (lane, owner, epoch)
         where topic = $1 order by lane for share of lane
       )
       update scheduled set state = 'due', wire_owner = null, wire_until = null
       where lane in (select lane from ours) and state = 'wire' and (${which})
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

  /** Appends what follows from those whose lanes are ours still, and returns them; a repeat of it is told by readers. */
  async #appendBefore(
    settlements: readonly LaneSettlement[],
    lost: LaneLease[],
  ): Promise<readonly LaneSettlement[]> {
    const held = await heldLanes(this.#database, settlements);
    lost.push(...settlements.map(({ lease }) => lease).filter(({ lane }) => !held.has(lane)));
    const ours = settlements.filter(({ lease }) => held.has(lease.lane));
    const fresh = ours.filter((one) => !this.#appended.has(one));
    const { holding } = outcomesOf(fresh, await rowsThere(this.#database, fresh));
    // Events alone are cheap to append; where there are records they must be there together.
    const parts = Map.groupBy([...fresh, ...holding], (one) => one.records.length > 0).values();
    await Promise.all(
      [...parts].map((list) => {
        const { records, events } = followed(list);
        return this.#log.append(records, events);
      }),
    );
    for (const one of fresh) this.#appended.add(one);
    return ours;
  }

  async #insertScheduled(connection: Connection, inserts: readonly RowInLane[]): Promise<void> {
    if (inserts.length === 0) return;
    const parked = await this.#parkBodies(connection, inserts);
    const envelopes = inserts.map((insert) => encodeEnvelope(insert.envelope));
    const rows = inserts.map((insert, index) => scheduledJson(insert, parked[index]!));
    await connection.query({
      name: 'scheduled_insert',
      text: `insert into scheduled (id, lane, bulk, priority, state, due_at, tenant_id, site, domain, message_id,
               recipients, accepted_at, expires_at, envelope, body_slice, body_bytes, last_reply, reason)
             select coalesce(id, nextval('scheduled_id')), lane, bulk, priority, state, due_at, tenant_id, site, domain, message_id, recipients, accepted_at,
               expires_at, decode(envelope, 'base64'), body_slice, body_bytes, last_reply, reason
             from json_to_recordset($1) as row (id bigint, lane int, bulk boolean, priority smallint, state text, due_at timestamptz,
               tenant_id text, site text, domain text, message_id uuid, recipients int, accepted_at timestamptz,
               expires_at timestamptz, envelope text, body_slice bigint, body_bytes bigint, last_reply jsonb,
               reason text)`,
      values: [
        storableJson(
          rows.map((row, index) => ({ ...row, envelope: envelopes[index]!.toString('base64') })),
        ),
      ],
    });
  }

  /** Copies contents from the log to this hour's slice; returns the slice of each. */
  async #parkBodies(
    connection: Connection,
    inserts: readonly ScheduledInsert[],
  ): Promise<readonly number[]> {
    const target = await this.#log.parkSlices.current(Date.now());
    const fromLog: ScheduledInsert[] = [];
    const slices = inserts.map((insert) => {
      const place = parseBodyRef(insert.body.ref ?? '');
      if (place.kind === 'park') return place.slice;
      fromLog.push(insert);
      return target.seq;
    });
    if (fromLog.length === 0) return slices;
    await this.#log.park(connection, target, fromLog);
    if (!(await this.#log.parkSlices.isOpen(connection, target))) {
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

/** Those of the lanes that no one else has taken. */
async function heldLanes(
  database: Database,
  settlements: readonly LaneSettlement[],
): Promise<ReadonlySet<number>> {
  const rows = await database.query<{ lane: number }>(
    `select lane from lane
     join unnest($2::int[], $3::text[], $4::bigint[]) as held (lane, owner, epoch) using (lane, owner, epoch)
     where topic = $1`,
    [
      TOPIC_NUMBERS.outbound,
      settlements.map(({ lease }) => lease.lane),
      settlements.map(({ lease }) => lease.owner),
      settlements.map(({ lease }) => lease.epoch),
    ],
  );
  return new Set(rows.map(({ lane }) => lane));
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

/** Returns those that were there. */
async function deleteScheduled(
  connection: Connection,
  ids: readonly number[],
): Promise<readonly number[]> {
  if (ids.length === 0) return [];
  const { rows } = await connection.query<{ id: number }>({
    name: 'scheduled_delete',
    text: 'delete from scheduled where id = any($1::bigint[]) returning id',
    values: [ids],
  });
  return rows.map(({ id }) => id);
}

/** Returns those that were there. */
async function updateScheduled(
  connection: Connection,
  updates: readonly ScheduledUpdate[],
): Promise<readonly number[]> {
  if (updates.length === 0) return [];
  const rows = updates.map(({ id, dueAtMs, state, envelope, lastReply, reason }) => ({
    id,
    due_at: new Date(dueAtMs).toISOString(),
    state,
    recipients: envelope?.recipients.length,
    envelope: envelope && encodeEnvelope(envelope).toString('base64'),
    last_reply: lastReply,
    reason,
  }));
  const updated = await connection.query<{ id: number }>({
    name: 'scheduled_update',
    text: `update scheduled set due_at = row.due_at, state = row.state,
             wire_owner = null, wire_until = null,
             recipients = coalesce(row.recipients, scheduled.recipients),
             envelope = coalesce(decode(row.envelope, 'base64'), scheduled.envelope),
             last_reply = coalesce(row.last_reply, scheduled.last_reply),
             reason = coalesce(row.reason, scheduled.reason)
           from json_to_recordset($1) as row (id bigint, due_at timestamptz, state text, recipients int,
             envelope text, last_reply jsonb, reason text)
           where scheduled.id = row.id returning scheduled.id`,
    values: [storableJson(rows)],
  });
  return updated.rows.map(({ id }) => id);
}

function scheduledJson(insert: RowInLane, bodySlice: number): object {
  const { envelope } = insert;
  return {
    id: insert.id,
    lane: insert.lane,
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
