import type { Context } from '@staffetta/composition-context';
import type { Service } from '@staffetta/platform';
import { createEvents } from './create-events.ts';

/** The events service on the context. */
export function createEventsService(context: Context): Service {
  const { database, log } = context.parts;
  const { config, ledger, metrics, logger } = context;
  const traceRetentionDays = config.trace.retentionDays;
  const addReporter = context.addReporter.bind(context);
  return createEvents({
    ...{ database, log, ledger, traceRetentionDays, metrics, logger, addReporter },
  });
}
