import { once } from 'node:events';
import type { ServerWritableStream, handleServerStreamingCall } from '@grpc/grpc-js';
import { statusOf } from './errors.ts';
import type { IsAway } from './errors.ts';

/** A server-streaming handler from an async iterable; its signal ends when who asks gave up or the deadline passed. */
export function streaming<Request, Response>(
  answer: (request: Request, signal: AbortSignal) => AsyncIterable<Response>,
  isAway?: IsAway,
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    send(call, answer(call.request, gone.signal), gone.signal).catch((error: unknown) => {
      if (!gone.signal.aborted) call.emit('error', statusOf(error, isAway));
    });
  };
}

/** A reader that is slow holds the writer back. */
async function send<Request, Response>(
  call: ServerWritableStream<Request, Response>,
  parts: AsyncIterable<Response>,
  signal: AbortSignal,
): Promise<void> {
  for await (const part of parts) {
    signal.throwIfAborted();
    if (!call.write(part)) await once(call, 'drain', { signal });
  }
  call.end();
}
