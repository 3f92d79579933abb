import type { handleUnaryCall } from '@grpc/grpc-js';
import { statusOf } from './errors.ts';
import type { IsAway } from './errors.ts';

/** A unary handler from an async function; its signal ends when who asks gave up or the deadline passed. */
export function unary<Request, Response>(
  answer: (request: Request, signal: AbortSignal) => Promise<Response>,
  isAway?: IsAway,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    answer(call.request, gone.signal).then(
      (response) => callback(null, response),
      (error: unknown) => callback(statusOf(error, isAway)),
    );
  };
}
