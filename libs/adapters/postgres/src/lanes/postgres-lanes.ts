import { fairShare } from '@staffetta/core';
import type {
  LaneHoldings,
  LaneLease,
  LaneUsage,
  Lanes,
  LeasedTopic,
  TakenLane,
} from '@staffetta/core';
import type { Database } from '../database.ts';
import { LEASED_NUMBERS } from '../log/partitions.ts';
import { mayBeAlive } from './living-process.ts';
import { HOLDER, TELL_HANDOVERS } from './tell-handovers.ts';

/** A lease ends this long after its last renewal. */
export const LEASE_MS = 10_000;
/** An instance whose last sign of life is older than this is not counted as a living owner. */
const ALIVE_MS = 10_000;
const NO_USAGE: LaneUsage = { messages: {}, connections: {} };

interface LaneRow {
  lane: number;
  epoch: number;
  position: number;
  settled: Buffer;
  bulk_position: number;
  bulk_settled: Buffer;
  clean: boolean;
  usage: Partial<LaneUsage>;
}

/** Settings of leases. */
export interface LanesOptions {
  /** How long a lease lasts after its last renewal, in milliseconds; 10 s by default. */
  readonly leaseMs?: number;
}

/** Leases as rows of `lane`: taking one moves its epoch, renewing one needs it. */
export class PostgresLanes implements Lanes {
  readonly leaseMs: number;
  readonly #database: Database;

  constructor(database: Database, { leaseMs = LEASE_MS }: LanesOptions = {}) {
    this.#database = database;
    this.leaseMs = leaseMs;
  }

  async tend<Of extends LeasedTopic>(
    topic: Of,
    owner: string,
    held: readonly LaneLease<Of>[],
    { takesNone = false } = {},
  ): Promise<{ taken: TakenLane<Of>[]; lost: LaneLease<Of>[]; release: LaneLease<Of>[] }> {
    const lost = await this.#renew(topic, owner, held);
    const kept = held.filter((lease) => !lost.includes(lease));
    if (takesNone) return { taken: [], lost, release: [] };
    const share = fairShare(owner, await this.#holdings(topic, owner, kept.length));
    if (kept.length > share) return { taken: [], lost, release: kept.slice(share) };
    const taken = kept.length < share ? await this.#take(topic, owner, share - kept.length) : [];
    return { taken, lost, release: [] };
  }

  async release(
    leases: readonly LaneLease<LeasedTopic>[],
    usages?: ReadonlyMap<number, LaneUsage>,
  ): Promise<void> {
    if (leases.length === 0) return;
    await this.#database.query(
      `update lane set owner = null, until = '-infinity', clean = true, held_at = now(), usage = held.usage
       from unnest($1::smallint[], $2::int[], $3::text[], $4::bigint[], $5::jsonb[])
         as held (topic, lane, owner, epoch, usage)
       where lane.topic = held.topic and lane.lane = held.lane
         and lane.owner = held.owner and lane.epoch = held.epoch`,
      [
        leases.map((lease) => LEASED_NUMBERS[lease.topic]),
        leases.map((lease) => lease.lane),
        leases.map((lease) => lease.owner),
        leases.map((lease) => lease.epoch),
        leases.map((lease) => JSON.stringify(usages?.get(lease.lane) ?? NO_USAGE)),
      ],
    );
  }

  /** The lock on a data folder ends with its process: a session of the database knows that before any time-out. */
  async orphaned<Of extends LeasedTopic>(
    leases: readonly LaneLease<Of>[],
  ): Promise<LaneLease<Of>[]> {
    if (leases.length === 0) return [];
    const rows = await this.#database.query<{ topic: number; lane: number }>(
      `select topic, lane from lane
       join unnest($1::smallint[], $2::int[]) as held (topic, lane) using (topic, lane)
       where exists (
         select from unnest(lane.orphans) as orphan (id) where ${mayBeAlive('orphan.id')}
       )`,
      [leases.map((lease) => LEASED_NUMBERS[lease.topic]), leases.map((lease) => lease.lane)],
    );
    return leases.filter((lease) =>
      rows.some((row) => row.lane === lease.lane && row.topic === LEASED_NUMBERS[lease.topic]),
    );
  }

  async closed(topic: LeasedTopic, owner: string, lanes: readonly number[]): Promise<void> {
    await this.#database.query(
      `update lane set orphans = array_remove(orphans, $2)
       where topic = $1 and lane = any ($3::int[]) and $2 = any (orphans)`,
      [LEASED_NUMBERS[topic], owner, lanes],
    );
  }

  /** Whether nobody else has taken the lane since. */
  async isHeld({ topic, lane, owner, epoch }: LaneLease<LeasedTopic>): Promise<boolean> {
    const rows = await this.#database.query(
      'select from lane where topic = $1 and lane = $2 and owner = $3 and epoch = $4',
      [LEASED_NUMBERS[topic], lane, owner, epoch],
    );
    return rows.length > 0;
  }

  async #renew<Of extends LeasedTopic>(
    topic: Of,
    owner: string,
    held: readonly LaneLease<Of>[],
  ): Promise<LaneLease<Of>[]> {
    if (held.length === 0) return [];
    const rows = await this.#database.query<{ lane: number }>(
      `with held as (
         select * from unnest($2::int[], $3::bigint[]) as held (lane, epoch)
       ), locked as (
         select lane.lane from lane join held using (lane, epoch) where topic = $1 and owner = $5
         order by lane for update of lane
       )
       update lane set until = now() + $4 * interval '1 millisecond', held_at = now()
       from locked join held using (lane)
       where lane.topic = $1 and lane.lane = locked.lane and lane.epoch = held.epoch and lane.owner = $5
       returning lane.lane`,
      [
        LEASED_NUMBERS[topic],
        held.map((lease) => lease.lane),
        held.map((lease) => lease.epoch),
        this.leaseMs,
        owner,
      ],
    );
    const renewed = new Set(rows.map((row) => row.lane));
    return held.filter((lease) => !renewed.has(lease.lane));
  }

  /** A process that is not ready, or not any more, is no owner to leave lanes to. */
  async #holdings(topic: LeasedTopic, owner: string, held: number): Promise<LaneHoldings> {
    const rows = await this.#database.query<{ lanes: number; id: string | null; held: number }>(
      `with living as (
         select id from instance
         where id <> $2 and $3 = any (services) and ready
           and heartbeat_at > now() - $4 * interval '1 millisecond'
       )
       select total.lanes, living.id,
              (select count(*) from lane where topic = $1 and owner = living.id and until > now()) as held
       from (select count(*) as lanes from lane where topic = $1) as total left join living on true`,
      [LEASED_NUMBERS[topic], owner, SERVICE_OF[topic], ALIVE_MS],
    );
    const others = rows.flatMap((row) => (row.id === null ? [] : [[row.id, row.held] as const]));
    return { lanes: rows[0]?.lanes ?? 0, heldBy: new Map([...others, [owner, held]]) };
  }

  /** Free and expired ones; those that this owner lost when it could not renew them, too. */
  async #take<Of extends LeasedTopic>(
    topic: Of,
    owner: string,
    count: number,
  ): Promise<TakenLane<Of>[]> {
    const rows = await this.#database.query<LaneRow & Record<string, unknown>>(
      `with me as (${HOLDER}
       ), before as (
         select lane, owner is null or clean as clean, held_at, usage,
                coalesce(holder, case when owner is not null then jsonb_build_object('id', owner) end)
                  as holder,
                case when owner is null or clean or owner = $2 or owner = any (orphans) then orphans
                     else orphans || owner end as orphans
         from lane
         where topic = $1 and until < now()
         order by lane limit $3 for update skip locked
       ), ${TELL_HANDOVERS}
       update lane set owner = $2, epoch = epoch + 1, clean = false, usage = '{}',
                       orphans = array_remove(before.orphans, $2),
                       until = now() + $4 * interval '1 millisecond',
                       holder = (select holder from me), held_at = now()
       from before where lane.topic = $1 and lane.lane = before.lane
       returning lane.lane, epoch, position, settled, bulk_position, bulk_settled, before.clean,
                 before.usage`,
      [LEASED_NUMBERS[topic], owner, count, this.leaseMs],
    );
    return rows.map((row) => ({
      topic,
      owner,
      lane: row.lane,
      epoch: row.epoch,
      normal: { position: row.position, settled: row.settled },
      bulk: { position: row.bulk_position, settled: row.bulk_settled },
      clean: row.clean,
      usage: { ...NO_USAGE, ...row.usage },
    }));
  }
}

/** Which service reads a topic. */
const SERVICE_OF: Readonly<Record<LeasedTopic, string>> = {
  accepted: 'router',
  outbound: 'delivery',
  local: 'mailbox',
  events: 'events',
};
