import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Service } from '../lifecycle/service.ts';
import type { Metrics } from './metrics.ts';

/** Settings of the telemetry port. */
export interface TelemetryOptions {
  readonly addresses: readonly string[];
  /** 0: no server. */
  readonly port: number;
  readonly metrics: Metrics;
  /** True, or what is missing by service; draining is not ready. */
  readonly readiness: () => true | Readonly<Record<string, string>>;
  /** Told of a metric that could not be collected. */
  readonly onError?: (error: unknown) => void;
}

const CONNECTIONS_MAX = 100;
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Serves /livez, /readyz and /metrics. Start it first and stop it last: /readyz tells what is missing from the first
 * moment on, and that the process drains.
 */
export function createTelemetryServer(options: TelemetryOptions): Service {
  const servers: Server[] = [];
  return {
    name: 'telemetry',
    ready: () => true,
    async start() {
      if (options.port === 0) return;
      try {
        for (const address of options.addresses) servers.push(await listen(address, options));
      } catch (error) {
        await closeAll(servers);
        throw error;
      }
    },
    async drain() {},
    stop: () => closeAll(servers),
  };
}

async function listen(address: string, options: TelemetryOptions): Promise<Server> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.onError?.(error);
      reply(response, 500, 'text/plain', 'the metrics could not be collected\n');
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.listen({ host: address, port: options.port });
  await once(server, 'listening');
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, readiness }: TelemetryOptions,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return reply(response, 405, 'text/plain', 'only GET and HEAD\n');
  }
  switch (request.url?.split('?', 1)[0]) {
    case '/livez':
      return reply(response, 200, 'application/json', JSON.stringify({ alive: true }));
    case '/readyz': {
      const ready = readiness();
      const body = ready === true ? { ready: true } : { ready: false, missing: ready };
      return reply(response, ready === true ? 200 : 503, 'application/json', JSON.stringify(body));
    }
    case '/metrics': {
      const { contentType, text } = await metrics.render();
      return reply(response, 200, contentType, text);
    }
    default:
      return reply(response, 404, 'text/plain', 'there are /livez, /readyz and /metrics\n');
  }
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

async function closeAll(servers: Server[]): Promise<void> {
  await Promise.all(
    servers.splice(0).map(async (server) => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }),
  );
}
