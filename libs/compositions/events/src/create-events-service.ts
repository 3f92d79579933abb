import type { Context } from '@staffetta/composition-context';
import { systemClock } from '@staffetta/core';
import type { Service } from '@staffetta/platform';
import { EventsOffer } from '@staffetta/events-grpc';
import { PostgresClusterView, isConnectionLoss } from '@staffetta/postgres';
import { EventsDesk, FigureFeed } from '@staffetta/service-events';
import { createEvents } from './create-events.ts';

/** The events service on the context; it answers others about traces, the ledger and what flows. */
export function createEventsService(context: Context): Service {
  const { database, chosenLog } = context.parts;
  const { config, ledger, trace, metrics, logger } = context;
  const traceRetentionDays = config.trace.retentionDays;
  const cluster = new PostgresClusterView(database);
  const figures = new FigureFeed({
    totals: (sinceMs) => cluster.totals(sinceMs),
    check: () => ledger.check(),
    clock: systemClock,
  });
  const desk = new EventsDesk(trace, ledger, figures);
  context.local.events = desk;
  context.offer(new EventsOffer(desk, isConnectionLoss));
  const { kept, events, lag } = chosenLog;
  const recorder = events && {
    log: events,
    lanes: context.lanes,
    clock: systemClock,
    owner: context.id,
  };
  const addReporter = context.addReporter.bind(context);
  const service = createEvents({
    ...{ database, kept, recorder, ledger, lag, traceRetentionDays, metrics, logger, addReporter },
  });
  return {
    ...service,
    async stop() {
      await figures.stop();
      await service.stop();
    },
  };
}
