import { dashboard, lines, own, quantile, quantiles, rate, seen } from './panels.ts';

export const cluster = dashboard({
  uid: 'staffetta-cluster',
  title: 'Cluster and log',
  description: 'Lanes and their owners, the log and its lag, PostgreSQL, gRPC, certificates.',
  rows: [
    {
      title: 'The log',
      panels: [
        lines({
          title: 'Lag in records',
          description: 'Records that readers have not settled, by topic and class of mail.',
          unit: 'short',
          queries: { '{{topic}} {{class}}': 'staffetta:log_lag_records:max' },
        }),
        lines({
          title: 'Age of the oldest record',
          description: 'Since it was accepted.',
          unit: 's',
          queries: { '{{topic}} {{class}}': 'staffetta:log_lag_oldest_age_seconds:max' },
        }),
        lines({
          title: 'Time of an append',
          description: 'One group commit of the log, PostgreSQL or Kafka.',
          unit: 's',
          queries: quantiles('staffetta_log_group_seconds'),
        }),
        lines({
          title: 'Time of a router batch',
          description:
            'Read, routed and written on as one atomic step (with Kafka: a transaction).',
          unit: 's',
          queries: quantiles('staffetta_router_batch_seconds'),
        }),
        lines({
          title: 'Routed',
          description: 'Records of accepted mail a second, by class.',
          unit: 'cps',
          queries: { '{{class}}': rate('staffetta_router_records_total', ['class']) },
        }),
      ],
    },
    {
      title: 'Lanes',
      panels: [
        lines({
          title: 'Lanes by owner',
          description: 'Lanes that each process holds, by topic.',
          unit: 'short',
          queries: { '{{topic}} {{instance}}': own('staffetta_lanes_held') },
        }),
        lines({
          title: 'Without an owner',
          description: 'Lanes, and how long the one that lacks an owner longest has lacked one.',
          unit: 'short',
          queries: {
            'lanes of {{topic}}': seen('staffetta_lanes', ['topic'], 'state="ownerless"'),
            'seconds, {{topic}}': seen('staffetta_lane_ownerless_seconds', ['topic']),
          },
        }),
        lines({
          title: 'Hand-overs',
          description: 'Lanes that changed hands: cleanly, or after a lease ended.',
          unit: 'short',
          queries: {
            '{{topic}} {{how}}': `max by (topic, how) (increase(${own('staffetta_lane_handovers_total')}[$__rate_interval]))`,
          },
        }),
        lines({
          title: 'Lanes idle at a hand-over',
          description: 'The longest that a lane stood without an owner, p95.',
          unit: 's',
          queries: {
            '{{topic}}': quantile(0.95, 'staffetta_lane_handover_idle_seconds', ['topic']),
          },
        }),
      ],
    },
    {
      title: 'PostgreSQL',
      panels: [
        lines({
          title: 'Connections of the pool',
          description: 'Busy and idle; the most there may be is database.connectionsMax.',
          unit: 'short',
          queries: {
            '{{state}}': `sum by (state) (${own('staffetta_database_connections')})`,
            most: `sum(${own('staffetta_database_connections_max')})`,
          },
        }),
        lines({
          title: 'Statements that wait',
          description: 'For a connection. For long: the pool is too small, or PostgreSQL too slow.',
          unit: 'short',
          queries: { '{{instance}}': own('staffetta_database_waiting_statements') },
        }),
      ],
    },
    {
      title: 'gRPC, traces and certificates',
      panels: [
        lines({
          title: 'Calls by status',
          description: 'Calls of gRPC that processes answered.',
          unit: 'cps',
          queries: {
            '{{method}} {{code}}': rate('staffetta_grpc_server_calls_total', ['method', 'code']),
          },
        }),
        lines({
          title: 'Calls made, by status',
          description: 'Calls of gRPC as those who made them saw them end.',
          unit: 'cps',
          queries: { '{{code}}': rate('staffetta_grpc_client_calls_total', ['code']) },
        }),
        lines({
          title: 'Time of answers, p95',
          description: 'As those who answered saw it.',
          unit: 's',
          queries: {
            '{{method}}': quantile(0.95, 'staffetta_grpc_server_call_seconds', ['method']),
          },
        }),
        lines({
          title: 'Time of calls, p95',
          description: 'As those who made them saw it; a stream is one call.',
          unit: 's',
          queries: {
            '{{method}}': quantile(0.95, 'staffetta_grpc_client_call_seconds', ['method']),
          },
        }),
        lines({
          title: 'Spans of OpenTelemetry',
          description:
            'Dropped: the collector of telemetry.otlp.endpoint does not take them. Mail is not touched by it.',
          unit: 'cps',
          queries: { '{{outcome}}': rate('staffetta_otlp_spans_total', ['outcome']) },
        }),
        lines({
          title: 'Certificates end in',
          description: 'The first one of each use.',
          unit: 's',
          queries: {
            '{{use}}': `min by (use) (${own('staffetta_certificate_expiry_timestamp_seconds')}) - time()`,
          },
        }),
      ],
    },
  ],
});
