import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { LogUnavailable, MailStoreUnavailable, ServiceUnavailable } from '@staffetta/core';

/** A question that no answer can be given to, whenever it is asked; its text is for who asks. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/** A call that failed. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  /** The gRPC status, as `UNAVAILABLE`. */
  readonly status: string;
  /** The same call may succeed later. */
  readonly temporary: boolean;

  constructor(code: status, details: string, options?: ErrorOptions) {
    super(`${status[code]}: ${details}`, options);
    this.status = status[code];
    this.temporary = TEMPORARY.has(code);
  }
}

/** What a gRPC client threw, in our words. */
export function remoteError(error: unknown): RemoteError {
  const { code = status.UNKNOWN, details = String(error) } = error as Partial<ServiceError>;
  return new RemoteError(code, details, { cause: error });
}

const TEMPORARY: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
  status.CANCELLED,
]);

/** Whether an error means that what a service stands on (its database, say) is away for now. */
export type IsAway = (error: unknown) => boolean;

/** The status of what a handler threw. What we do not expect is named to nobody: its text may hold a secret. */
export function statusOf(
  error: unknown,
  isAway: IsAway = () => false,
): { readonly code: status; readonly details: string } {
  if (error instanceof RequestError) return of(status.INVALID_ARGUMENT, error.message);
  if (error instanceof LogUnavailable) return of(status.UNAVAILABLE, 'the log is away');
  if (error instanceof MailStoreUnavailable) return of(status.UNAVAILABLE, 'the store is away');
  if (error instanceof ServiceUnavailable) {
    return of(status.UNAVAILABLE, `${error.service} does not answer`);
  }
  if (isAway(error)) return of(status.UNAVAILABLE, 'the database is away');
  const { name } = error as { name?: string };
  if (name === 'AbortError') return of(status.CANCELLED, 'cancelled');
  if (name === 'TimeoutError') return of(status.DEADLINE_EXCEEDED, 'not in time');
  return of(status.INTERNAL, 'internal error');
}

function of(code: status, details: string): { readonly code: status; readonly details: string } {
  return { code, details };
}
