import { lanesGauge } from '@staffetta/composition-context';
import type { Context } from '@staffetta/composition-context';
import { MemoryBudget, systemClock } from '@staffetta/core';
import { MailboxOffer } from '@staffetta/mailbox-grpc';
import type { Metrics, Service } from '@staffetta/platform';
import {
  MailboxHousekeeper,
  PostgresLocalDeliveryStore,
  PostgresMailStore,
  isConnectionLoss,
} from '@staffetta/postgres';
import { DirectoryAccounts, LocalDelivery } from '@staffetta/service-mailbox';
import type { LocalDeliveryMetrics } from '@staffetta/service-mailbox';
import { openLmtp } from './open-lmtp.ts';
import { openReaders } from './open-readers.ts';
import type { Door } from './door.ts';

/** Mail under way in the doors of this service: being appended by IMAP, or coming in by LMTP. */
const MEMORY_BYTES = 256 * 1_048_576;

/** Mailboxes: local delivery from the log, LMTP in, IMAP and POP3 out, on the database of the context. */
export function createMailbox(context: Context): Service {
  const { config, logger, hostname } = context;
  const { log, chosenLog, database } = context.parts;
  const onError = (error: unknown): void =>
    logger.warn({ err: error }, 'mailbox met an error; it goes on');
  const mailStore = new PostgresMailStore({ database, onError });
  const store = new PostgresLocalDeliveryStore({
    database,
    log: chosenLog.settlements,
    mailStore,
  });
  const housekeeper = new MailboxHousekeeper({ database, onError });
  const delivery = new LocalDelivery({
    log,
    store,
    lanes: context.lanes,
    clock: systemClock,
    owner: context.id,
    ...{ hostname, expiresMs: config.delivery.expiresMs, onError },
    metrics: deliveryMetrics(context.metrics),
    tracer: context.tracer,
  });
  const accounts = new DirectoryAccounts(context.parts.directory);
  context.local.accounts = accounts;
  context.offer(new MailboxOffer(accounts, isConnectionLoss));
  const memory = new MemoryBudget(MEMORY_BYTES);
  const doors: Door[] = [];
  connectionsGauge(context.metrics, doors);
  lanesGauge(context.metrics, 'local', () => delivery.lanesHeld);
  let started = false;
  return {
    name: 'mailbox',
    async start() {
      try {
        await openReaders(context, { mailStore, memory, onError }, doors);
        await openLmtp(context, { store, memory, onError }, doors);
        await delivery.start();
      } catch (error) {
        await Promise.all(doors.map(({ listener }) => listener.drain(0)));
        await delivery.stop();
        await mailStore.close();
        throw error;
      }
      housekeeper.start();
      started = true;
    },
    ready: () => started,
    async drain() {
      await Promise.all([
        delivery.stop(),
        ...doors.map(({ listener }) => listener.drain(config.drainMs)),
      ]);
    },
    async stop() {
      await housekeeper.stop();
      await mailStore.close();
    },
  };
}

function deliveryMetrics(metrics: Metrics): LocalDeliveryMetrics {
  const latency = metrics.histogram({
    name: 'staffetta_mailbox_delivery_latency_seconds',
    help: 'From the 250 to the commit in the mailbox.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600],
  });
  const copies = metrics.histogram({
    name: 'staffetta_mailbox_transaction_copies',
    help: 'Copies stored in one transaction.',
    buckets: [1, 2, 5, 10, 20, 50, 100],
  });
  const refused = metrics.counter({
    name: 'staffetta_mailbox_refused_recipients_total',
    help: 'Recipients from the log whose mailbox was not there.',
  });
  return {
    delivered: (latencyMs) => latency.observe(latencyMs / 1_000),
    stored: (count) => copies.observe(count),
    refused: (recipients) => refused.inc(recipients),
  };
}

function connectionsGauge(metrics: Metrics, doors: readonly Door[]): void {
  metrics.gauge({
    name: 'staffetta_mailbox_connections',
    help: 'Open connections by listener.',
    labels: ['listener'],
    collect: (gauge) => {
      for (const { name, listener } of doors) gauge.set({ listener: name }, listener.connections);
    },
  });
}
