import { EventsService } from '@staffetta/contracts';
import type { MethodPolicy } from '@staffetta/grpc';

/** How long figures come on one stream before the next one is opened, maybe to another instance. */
export const STREAM_LIFE_MS = 60_000;
const STREAM_END_MS = 30_000;
const DEADLINE_MS = 10_000;
/** The ledger is counted in one snapshot, however much waits: the command line waits as long. */
const LEDGER_DEADLINE_MS = 60_000;
/** Recipients, and events, of one part of a trace: far below the 4 MiB of a message. */
export const ITEMS_PER_MESSAGE_MAX = 500;

/** How a channel calls the events service. */
export const EVENTS_METHODS: readonly MethodPolicy[] = [
  { path: EventsService.getMessage.path, deadlineMs: DEADLINE_MS, idempotent: true },
  { path: EventsService.listMessages.path, deadlineMs: DEADLINE_MS, idempotent: true },
  { path: EventsService.listMinutes.path, deadlineMs: DEADLINE_MS, idempotent: true },
  { path: EventsService.checkLedger.path, deadlineMs: LEDGER_DEADLINE_MS, idempotent: true },
  { path: EventsService.watchFigures.path, deadlineMs: STREAM_LIFE_MS + STREAM_END_MS },
];
