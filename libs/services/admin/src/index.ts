export { ClusterDesk } from './cluster/cluster-desk.ts';
export type {
  ClusterInstance,
  ClusterProblem,
  ClusterSnapshot,
  Duty,
} from './cluster/cluster-snapshot.ts';
export { DirectoryUseCases } from './directory-use-cases.ts';
export type { NewCredential, NewDomain } from './directory-use-cases.ts';
export { FIRST_OPERATOR, ensureFirstOperator } from './first-operator.ts';
export { assessHealth } from './health.ts';
export { LiveFeed } from './live-feed.ts';
export type { LiveSnapshot, LiveSources } from './live-feed.ts';
export { withLive } from './live-queues.ts';
export { LoginLimiter } from './login-limiter.ts';
export type { Change, Outcome } from './outcome.ts';
