import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import fastifyCookie from '@fastify/cookie';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { systemClock } from '@staffetta/core';
import type { Accounts, DeliveryWorkers, EventsView, Routes } from '@staffetta/core';
import { withHttpTraceContext } from '@staffetta/grpc';
import {
  PostgresClusterView,
  PostgresDirectoryAdmin,
  PostgresOperatorSessions,
} from '@staffetta/postgres';
import type { Database } from '@staffetta/postgres';
import type { Service } from '@staffetta/platform';
import { ClusterDesk, DirectoryUseCases, LiveFeed, LoginLimiter } from '@staffetta/service-admin';
import type { AdminParts } from './admin-parts.ts';
import { ensureAdminToken } from './admin-token.ts';
import { AdminModule } from './admin.module.ts';
import { AccessGuard } from './http/access-guard.ts';
import { listenAll } from './http/listen.ts';
import type { Listeners } from './http/listen.ts';
import { ProblemFilter } from './http/problem-filter.ts';
import { addSecurityHeaders } from './http/security-headers.ts';
import { serveWebPage } from './http/web-page.ts';

const BODY_BYTES_MAX = 256 * 1024;
const WEB_FOLDER = fileURLToPath(new URL('../dist/web', import.meta.url));

/** What the dashboard is made of. */
export interface DashboardOptions {
  /** IP addresses to listen on; ::1 is skipped where there is no IPv6. */
  readonly listen: readonly string[];
  /** 0 takes any free port; whether the door is on at all is decided before. */
  readonly port: number;
  readonly tokenFile: string;
  /** `delivery.remotePort`: the port of next hops that are given without one. */
  readonly remotePort: number;
  readonly version: string;
  readonly database: Database;
  readonly events: EventsView;
  readonly workers: DeliveryWorkers;
  readonly routes: Routes;
  readonly accounts: Accounts;
  /** Begins to drain this process, as SIGTERM does. */
  readonly requestStop: () => void;
  /** Told of errors that nobody expected. */
  readonly onError: (error: unknown) => void;
}

/** The operators' page and the admin API. */
export interface Dashboard extends Service {
  /** Where it listens. */
  readonly addresses: readonly AddressInfo[];
}

/** Makes the dashboard on a migrated database. */
export function createDashboard(options: DashboardOptions): Dashboard {
  let running: { app: NestFastifyApplication; parts: AdminParts; listeners: Listeners } | undefined;
  return {
    name: 'dashboard',
    get addresses() {
      return running?.listeners.addresses ?? [];
    },
    async start() {
      const parts = await createParts(options);
      const app = await createApp(parts, options.onError);
      const fastify = app.getHttpAdapter().getInstance();
      const listeners = await listenAll(
        (request, response) => fastify.routing(request, response),
        options.listen,
        options.port,
      );
      running = { app, parts, listeners };
    },
    ready() {
      return running !== undefined;
    },
    // Operators watch the drain to its end.
    async drain() {},
    async stop() {
      if (!running) return;
      const { app, parts, listeners } = running;
      running = undefined;
      await parts.live.stop();
      await listeners.close();
      await app.close();
    },
  };
}

async function createParts(options: DashboardOptions): Promise<AdminParts> {
  const { database, events, workers, routes, accounts, version, requestStop } = options;
  const directory = new PostgresDirectoryAdmin(database);
  const cluster = new PostgresClusterView(database);
  return {
    changes: new DirectoryUseCases(directory, options.remotePort),
    directory,
    sessions: new PostgresOperatorSessions(database),
    limiter: new LoginLimiter(systemClock),
    cluster,
    clusterDesk: new ClusterDesk(cluster, systemClock),
    ...{ events, workers, routes, accounts },
    live: new LiveFeed({ cluster, events, workers, clock: systemClock }),
    token: await ensureAdminToken(options.tokenFile),
    version,
    requestStop,
  };
}

async function createApp(
  parts: AdminParts,
  onError: (error: unknown) => void,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ bodyLimit: BODY_BYTES_MAX });
  const app = await NestFactory.create<NestFastifyApplication>(AdminModule.with(parts), adapter, {
    logger: false,
    abortOnError: false,
  });
  const fastify = adapter.getInstance();
  addSecurityHeaders(fastify);
  fastify.addHook('onRequest', (request, _reply, done) =>
    withHttpTraceContext(request.headers, done),
  );
  await app.register(fastifyCookie as never);
  app.setGlobalPrefix('api/admin/v1');
  app.useGlobalGuards(new AccessGuard(parts));
  app.useGlobalFilters(new ProblemFilter(onError));
  await serveWebPage(fastify, WEB_FOLDER);
  await app.init();
  await fastify.ready();
  return app;
}
