import type { CallObserver } from '@staffetta/grpc';
import type { Metrics } from '@staffetta/platform';

/** Streams of questions and figures last a minute. */
const BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
];

/** Counts and times the calls of gRPC that a process answers (`server`) or makes (`client`). */
export function grpcMetrics(metrics: Metrics, end: 'server' | 'client'): CallObserver {
  const did = end === 'server' ? 'answered' : 'made';
  const calls = metrics.counter({
    name: `staffetta_grpc_${end}_calls_total`,
    help: `Calls of gRPC that this process ${did}, by method and status code.`,
    labels: ['method', 'code'],
  });
  const seconds = metrics.histogram({
    name: `staffetta_grpc_${end}_call_seconds`,
    help: `Time of calls of gRPC that this process ${did}, to their end; a stream is one call.`,
    labels: ['method'],
    buckets: BUCKETS_SECONDS,
  });
  return {
    ended(path, code, took) {
      const method = path.slice(1);
      calls.inc({ method, code });
      seconds.observe({ method }, took);
    },
  };
}
