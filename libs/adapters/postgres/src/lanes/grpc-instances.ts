import type { Database } from '../database.ts';

/** Where a process answers gRPC. */
export interface GrpcAddress {
  readonly host: string;
  readonly port: number;
}

/** The processes that answer the questions of a service now: ready, and with a sign of life in the last 5 s. */
export async function grpcInstances(
  database: Database,
  service: string,
): Promise<readonly GrpcAddress[]> {
  return database.query<{ host: string; port: number }>(
    `select grpc_host as host, grpc_port as port from instance
     where services @> array[$1] and grpc_port is not null and ready
       and heartbeat_at > now() - interval '5 seconds'
     order by started_at, id`,
    [service],
  );
}

/** A process that runs a service. */
export interface ServiceInstance {
  readonly id: string;
  /** Undefined where it answers no gRPC. */
  readonly grpc: GrpcAddress | undefined;
}

/** Each process that runs a service now: ready, and with a sign of life in the last 5 s. */
export async function serviceInstances(
  database: Database,
  service: string,
): Promise<readonly ServiceInstance[]> {
  const rows = await database.query<{ id: string; host: string | null; port: number | null }>(
    `select id, grpc_host as host, grpc_port as port from instance
     where services @> array[$1] and ready and heartbeat_at > now() - interval '5 seconds'
     order by started_at, id`,
    [service],
  );
  return rows.map(({ id, host, port }) => ({
    id,
    grpc: host !== null && port !== null ? { host, port } : undefined,
  }));
}
