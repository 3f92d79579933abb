import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { MemoryBudget } from '@staffetta/core';
import type { Directory } from '@staffetta/core';
import type { Service } from '@staffetta/platform';
import type { Transmissions } from '@staffetta/service-api';
import type { FastifyInstance } from 'fastify';
import { ApiModule } from './api.module.ts';
import { addAuthentication } from './http/authentication.ts';
import { boundMemory } from './http/bound-memory.ts';
import { ErrorFilter } from './http/error-filter.ts';
import { listenAll } from './http/listen.ts';
import type { Listeners } from './http/listen.ts';

/** What a body costs in memory beside its octets: the parsed JSON, and messages until they are appended. */
const MEMORY_FACTOR = 3;

/** What the email API is made of. */
export interface ApiServerOptions {
  /** IP addresses to listen on; ::1 is skipped where there is no IPv6. */
  readonly listen: readonly string[];
  /** 0 takes any free port; whether the door is on at all is decided before. */
  readonly port: number;
  /** Octets of one request. */
  readonly bodyBytes: number;
  /** Octets of all requests together, with what is made of them; at least one of the largest fits in any case. */
  readonly memoryBytes: number;
  readonly directory: Directory;
  readonly transmissions: Transmissions;
  /** False while the disk is too full. */
  readonly acceptsMail: () => boolean;
  readonly metrics: ApiMetrics;
  /** Told of errors that nobody expected. */
  readonly onError: (error: unknown) => void;
}

/** Told what happens, for metrics. */
export interface ApiMetrics {
  opened(): void;
  closed(): void;
  answered(status: number): void;
}

/** The HTTP email API. */
export interface ApiServer extends Service {
  /** Where it listens. */
  readonly addresses: readonly AddressInfo[];
}

/** Makes the email API on ports; it runs on Fastify. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  let running: { app: NestFastifyApplication; listeners: Listeners } | undefined;
  let draining = false;
  return {
    name: 'api',
    get addresses() {
      return running?.listeners.addresses ?? [];
    },
    async start() {
      const app = await createApp(options, () => draining);
      const fastify = fastifyOf(app);
      try {
        const { listen, port, metrics } = options;
        const listeners = await listenAll(fastify.routing.bind(fastify), listen, port, metrics);
        running = { app, listeners };
      } catch (error) {
        await app.close();
        throw error;
      }
    },
    ready: () => running !== undefined,
    async drain() {
      draining = true;
      await running?.listeners.drain();
    },
    async stop() {
      if (!running) return;
      const { app, listeners } = running;
      running = undefined;
      await listeners.stop();
      await app.close();
    },
  };
}

async function createApp(
  options: ApiServerOptions,
  isDraining: () => boolean,
): Promise<NestFastifyApplication> {
  const { bodyBytes, memoryBytes, transmissions, directory, acceptsMail, metrics } = options;
  const adapter = new FastifyAdapter({
    bodyLimit: bodyBytes,
    routerOptions: { ignoreTrailingSlash: true },
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.with({ transmissions, acceptsMail }),
    adapter,
    { logger: false, abortOnError: false, bodyParser: false },
  );
  const fastify = fastifyOf(app);
  // JSON remains: a form or a text would only be answered with errors that do not say so.
  fastify.removeContentTypeParser('text/plain');
  addAuthentication(fastify, directory);
  const budget = new MemoryBudget(Math.max(memoryBytes, bodyBytes * MEMORY_FACTOR));
  boundMemory(fastify, budget, MEMORY_FACTOR);
  fastify.addHook('onSend', async (_request, reply) => {
    if (isDraining()) reply.header('connection', 'close');
    metrics.answered(reply.statusCode);
  });
  app.useGlobalFilters(new ErrorFilter(options.onError));
  await app.init();
  await fastify.ready();
  return app;
}

function fastifyOf(app: NestFastifyApplication): FastifyInstance {
  return app.getHttpAdapter().getInstance();
}
