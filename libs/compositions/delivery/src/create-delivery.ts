import { lanesGauge } from '@staffetta/composition-context';
import type { Context } from '@staffetta/composition-context';
import { systemClock, systemRandom } from '@staffetta/core';
import { DeliveryOffer } from '@staffetta/delivery-grpc';
import type { Metrics, Service } from '@staffetta/platform';
import { Delivery } from '@staffetta/service-delivery';
import type { DeliveryMetrics } from '@staffetta/service-delivery';
import { createSmtpConnector } from '@staffetta/smtp-client';
import { ObservedDeliveryStore } from './observed-store.ts';
import { outcomeObserver } from './outcome-metrics.ts';

/** How long a connection without a message is kept. */
const IDLE_MS = 5_000;
/** What is in flight when a lane goes to another worker may take so long to end. */
const HAND_OVER_MS = 20_000;
/** Kept of the time to drain for the last flush. */
const FLUSH_MARGIN_MS = 2_000;

/** A delivery worker on the log and the scheduled table of the context. */
export function createDelivery(context: Context): Service {
  const { config, logger } = context;
  const { log, chosenLog, database, resolver, restoredAtMs } = context.parts;
  const delivery = new Delivery({
    log,
    lanes: context.lanes,
    store: new ObservedDeliveryStore(
      outcomeObserver(context.metrics, logger, restoredAtMs),
      database,
      chosenLog.settlements,
    ),
    resolver,
    connector: createSmtpConnector(),
    clock: systemClock,
    random: systemRandom,
    owner: context.id,
    metrics: deliveryMetrics(context.metrics),
    tracer: context.tracer,
    onWaiting: (waiting) => logger.debug(waiting, 'a lane waits to be let go'),
    onError: (error) => logger.warn({ err: error }, 'delivery met an error; it goes on'),
    settings: {
      ...config.delivery,
      hostname: context.hostname,
      ownAddresses: context.ownAddresses,
      idleMs: IDLE_MS,
      handOverMs: HAND_OVER_MS,
      drainMs: Math.max(config.drainMs - FLUSH_MARGIN_MS, 0),
    },
  });
  context.local.delivery = delivery.view;
  context.offer(new DeliveryOffer(delivery.view));
  gauges(context.metrics, delivery);
  lanesGauge(context.metrics, 'outbound', () => delivery.lanesHeld);
  context.addReporter(() => ({
    ready: Object.fromEntries(delivery.ready().map(({ site, ready }) => [site, ready])),
  }));
  let started = false;
  return {
    name: 'delivery',
    async start() {
      await delivery.start();
      started = true;
    },
    ready: () => started,
    drain: () => delivery.stop(),
    async stop() {},
  };
}

function deliveryMetrics(metrics: Metrics): DeliveryMetrics {
  const outcomes = metrics.counter({
    name: 'staffetta_delivery_recipients_total',
    help: 'Recipients by what an attempt brought: delivered, deferred, bounced, expired, discarded.',
    labels: ['outcome'],
  });
  const doubles = metrics.counter({
    name: 'staffetta_delivery_doubles_total',
    help: 'Recipients whose scheduled mail was delivered after its end was written already: they have it twice.',
  });
  const latency = metrics.histogram({
    name: 'staffetta_delivery_latency_seconds',
    help: 'From the 250 to the remote 250.',
    labels: ['class'],
    buckets: [
      0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400, 259_200,
    ],
  });
  return {
    outcome: (outcome, recipients) => outcomes.inc({ outcome }, recipients),
    doubled: (recipients) => doubles.inc({}, recipients),
    delivered: (latencyMs, bulk) =>
      latency.observe({ class: bulk ? 'bulk' : 'normal' }, latencyMs / 1_000),
  };
}

function gauges(metrics: Metrics, delivery: Delivery): void {
  metrics.gauge({
    name: 'staffetta_delivery_connections',
    help: 'Open connections to other servers.',
    collect: (gauge) => gauge.set(delivery.usage().connections),
  });
  metrics.gauge({
    name: 'staffetta_delivery_ready_messages',
    help: 'Messages in memory, ready or on the wire.',
    collect: (gauge) => gauge.set(delivery.usage().messages),
  });
  metrics.gauge({
    name: 'staffetta_delivery_memory_bytes',
    help: 'Octets counted against delivery.memoryBytes.',
    collect: (gauge) => gauge.set(delivery.usage().memoryBytes),
  });
}
