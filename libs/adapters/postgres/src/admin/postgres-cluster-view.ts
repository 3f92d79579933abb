import type {
  ClusterView,
  Handover,
  Instance,
  LaneView,
  OutcomeTotals,
  QueueDepth,
  SiteQueue,
  TenantTotals,
  TopicLag,
} from '@staffetta/core';
import type { Database } from '../database.ts';
import { readHandovers } from './handovers.ts';
import { readLag } from './lag.ts';
import { readQueues } from './queues.ts';
import { topicName } from './topic-name.ts';

const HEARD_OF_MS = 60_000;

/** Processes, lanes and queues as the database knows them. */
export class PostgresClusterView implements ClusterView {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async instances(withinMs = HEARD_OF_MS): Promise<readonly Instance[]> {
    return this.#database.query<{ [Key in keyof Instance]: Instance[Key] }>(
      `select id, services, host, pid, version, started_at as "startedAtMs",
              heartbeat_at as "heartbeatAtMs", heartbeat_at > now() - interval '5 seconds' as alive,
              ready, directory_version as "directoryVersion", telemetry_port as "telemetryPort",
              coalesce(case when grpc_host like '%:%' then '[' || grpc_host || ']' else grpc_host end
                       || ':' || grpc_port, '') as grpc, report
       from instance where heartbeat_at > now() - $1 * interval '1 millisecond'
       order by started_at, id`,
      [withinMs],
    );
  }

  async lanes(): Promise<readonly LaneView[]> {
    const rows = await this.#database.query<{
      topic: number;
      lane: number;
      owner: string | null;
      epoch: number;
      until: number;
      held: number | null;
    }>(
      `select topic, lane, case when until > now() then owner end as owner, epoch, until,
              held_at as held
       from lane order by topic, lane`,
    );
    return rows.map((row) => ({
      topic: topicName(row.topic),
      lane: row.lane,
      owner: row.owner ?? undefined,
      epoch: row.epoch,
      untilMs: row.until,
      heldAtMs: row.held ?? undefined,
    }));
  }

  async lag(): Promise<readonly TopicLag[]> {
    return readLag(this.#database);
  }

  async handovers(page: {
    readonly beforeId?: number;
    readonly limit: number;
  }): Promise<readonly Handover[]> {
    return readHandovers(this.#database, page);
  }

  async queues(filter: {
    readonly site?: string;
    readonly limit: number;
  }): Promise<readonly SiteQueue[]> {
    return readQueues(this.#database, filter);
  }

  async depths(): Promise<readonly QueueDepth[]> {
    return this.#database.query<{ [Key in keyof QueueDepth]: QueueDepth[Key] }>(
      `select state, sum(recipients)::bigint as recipients,
              min(accepted_at) as "oldestAcceptedAtMs", min(due_at) as "firstDueAtMs"
       from scheduled group by state`,
    );
  }

  async totals(sinceMs: number): Promise<OutcomeTotals> {
    const rows = await this.#database.query<{ type: string; count: number }>(
      `select type, sum(count)::bigint as count from minute_counter
       where minute >= date_trunc('minute', to_timestamp($1 / 1000.0)) group by type`,
      [sinceMs],
    );
    const sum = (...types: readonly string[]): number =>
      rows.reduce((total, row) => total + (types.includes(row.type) ? row.count : 0), 0);
    // As in the history of PostgresTrace.minutes.
    return {
      accepted: sum('accepted', 'added'),
      delivered: sum('delivered'),
      deferred: sum('deferred'),
      bounced: sum('bounced', 'expired'),
    };
  }

  async largestTenants(sinceMs: number, limit: number): Promise<readonly TenantTotals[]> {
    return this.#database.query<{ tenantId: string; counts: Record<string, number> }>(
      `with line as (
         select tenant_id, type, sum(count)::float8 as sum from ledger
         where hour >= date_trunc('hour', to_timestamp($1 / 1000.0)) group by tenant_id, type
       ), ranked as (
         select tenant_id, row_number() over (
           order by sum(sum) filter (where type = 'accepted') desc nulls last, tenant_id) as rank
         from line group by tenant_id
       ), named as (
         select case when rank <= $2 then tenant_id else '' end as tenant, min(rank) as rank,
                type, sum(sum) as sum
         from line join ranked using (tenant_id) group by tenant, type
       )
       select tenant as "tenantId", json_object_agg(type, sum) as counts
       from named group by tenant order by tenant = '', min(rank)`,
      [sinceMs, limit],
    );
  }

  async requestStop(): Promise<void> {
    await this.#database.query(
      `update instance set stop_requested_at = now()
       where heartbeat_at > now() - interval '1 minute'`,
    );
  }
}
