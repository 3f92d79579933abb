import type {
  Accounts,
  ClusterView,
  DeliveryWorkers,
  DirectoryAdmin,
  EventsView,
  OperatorSessions,
  Routes,
} from '@staffetta/core';
import type {
  ClusterDesk,
  DirectoryUseCases,
  LiveFeed,
  LoginLimiter,
} from '@staffetta/service-admin';

/** What the controllers work with. */
export interface AdminParts {
  readonly changes: DirectoryUseCases;
  readonly directory: DirectoryAdmin;
  readonly sessions: OperatorSessions;
  readonly limiter: LoginLimiter;
  readonly cluster: ClusterView;
  readonly clusterDesk: ClusterDesk;
  readonly events: EventsView;
  readonly workers: DeliveryWorkers;
  readonly routes: Routes;
  readonly accounts: Accounts;
  readonly live: LiveFeed;
  /** The token of the command line. */
  readonly token: string;
  readonly version: string;
  /** Begins to drain this process. */
  readonly requestStop: () => void;
}

/** The key under which Nest injects the parts. */
export const ADMIN_PARTS = Symbol('admin parts');
