import type { Context } from '@staffetta/composition-context';
import { systemClock } from '@staffetta/core';
import type { Service } from '@staffetta/platform';
import { createEvents } from './create-events.ts';

/** The events service on the context. */
export function createEventsService(context: Context): Service {
  const { database, chosenLog } = context.parts;
  const { config, ledger, metrics, logger } = context;
  const traceRetentionDays = config.trace.retentionDays;
  const { kept, events } = chosenLog;
  const recorder = events && {
    log: events,
    lanes: context.lanes,
    clock: systemClock,
    owner: context.id,
  };
  return createEvents({ database, kept, recorder, ledger, traceRetentionDays, metrics, logger });
}
