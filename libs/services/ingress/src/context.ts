import type { Clock, Directory, Log, SmtpAnswer, Tracer } from '@staffetta/core';
import type { LoginDelay } from './login-delay.ts';
import type {
  AcceptsMail,
  Door,
  IngressMetrics,
  IngressOptions,
  RefusalReason,
} from './options.ts';

/** What all sessions share. */
export interface IngressContext {
  readonly log: Log;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly options: IngressOptions;
  readonly metrics: IngressMetrics;
  readonly logins: LoginDelay;
  readonly acceptsMail: AcceptsMail;
  readonly tracer: Tracer;
}

/** Counts a refusal and gives its answer. */
export function refuse(
  context: IngressContext,
  door: Door,
  reason: RefusalReason,
  answer: SmtpAnswer,
): SmtpAnswer {
  context.metrics.refused(door, reason);
  return answer;
}
