import { ResolverService } from '@staffetta/contracts';
import type { MethodPolicy } from '@staffetta/grpc';

/** How long questions go on one stream before the next one is opened, maybe to another instance. */
export const STREAM_LIFE_MS = 60_000;
/** What is open at the end of a stream's life has this long. */
const STREAM_END_MS = 30_000;
/** The DNS may need that long for a domain with its hosts. */
export const QUESTION_DEADLINE_MS = 10_000;
/** Questions of one message, and answers: 32 hosts with 32 addresses each, 50 times, are below the 4 MiB of a message. */
export const QUESTIONS_PER_MESSAGE_MAX = 200;
export const ANSWERS_PER_MESSAGE_MAX = 50;

/** How a channel calls the resolver. */
export const RESOLVER_METHODS: readonly MethodPolicy[] = [
  { path: ResolverService.resolve.path, deadlineMs: QUESTION_DEADLINE_MS, idempotent: true },
  { path: ResolverService.resolveMany.path, deadlineMs: STREAM_LIFE_MS + STREAM_END_MS },
];
