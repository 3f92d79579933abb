import type { Context } from '@staffetta/composition-context';
import { systemClock } from '@staffetta/core';
import { NodemailerComposer } from '@staffetta/mail-composer';
import type { Metrics, Service } from '@staffetta/platform';
import { Transmissions } from '@staffetta/service-api';
import { createApiServer } from './create-api-server.ts';
import type { ApiMetrics } from './create-api-server.ts';

/** Octets of all requests under way, with what is made of them. */
const MEMORY_BYTES = 256 * 1024 * 1024;

/** The email API on the log and the directory of the context. */
export function createApi(context: Context): Service {
  const { config, logger, metrics } = context;
  if (config.api.port === 0) return OFF;
  const { log, directory } = context.parts;
  const { accepted, ...http } = apiMetrics(metrics);
  const transmissions = new Transmissions({
    log,
    directory,
    composer: new NodemailerComposer(),
    clock: systemClock,
    hostname: context.hostname,
    expiresMs: config.delivery.expiresMs,
    sizeBytesMax: config.smtp.sizeBytes,
    onAccepted: accepted,
    tracer: context.tracer,
  });
  return createApiServer({
    listen: config.listen,
    port: config.api.port,
    bodyBytes: config.api.bodyBytes,
    memoryBytes: MEMORY_BYTES,
    directory,
    transmissions,
    acceptsMail: () => context.acceptsMail() === true,
    metrics: http,
    onError: (error) => logger.error({ err: error }, 'the email API met an error'),
  });
}

/** Port 0 turns the door off. */
const OFF: Service = {
  name: 'api',
  async start() {},
  ready: () => true,
  async drain() {},
  async stop() {},
};

function apiMetrics(
  metrics: Metrics,
): ApiMetrics & { accepted(recipients: number, sizeBytes: number): void } {
  const connections = metrics.gauge({
    name: 'staffetta_api_connections',
    help: 'Open connections of the email API.',
  });
  const answers = metrics.counter({
    name: 'staffetta_api_requests_total',
    help: 'Requests of the email API by HTTP status.',
    labels: ['status'],
  });
  const recipients = metrics.counter({
    name: 'staffetta_api_accepted_recipients_total',
    help: 'Recipients accepted by the email API.',
  });
  const bytes = metrics.counter({
    name: 'staffetta_api_accepted_bytes_total',
    help: 'Octets of messages accepted by the email API.',
  });
  return {
    opened: () => connections.inc(),
    closed: () => connections.dec(),
    answered: (status) => answers.inc({ status: String(status) }),
    accepted(count, sizeBytes) {
      recipients.inc(count);
      bytes.inc(sizeBytes);
    },
  };
}
