import { ServerInterceptingCall, status } from '@grpc/grpc-js';
import type { ServerInterceptor } from '@grpc/grpc-js';
import type { Span, Tracer } from '@staffetta/core';

/** A span for each call that comes with a sampled trace context; what it asks of others belongs under it. */
export function traceAnswers(tracer: Tracer): ServerInterceptor {
  return ({ path }, call) => {
    let span: Span | undefined;
    // A call that has its status is told to be cancelled too.
    const end = (code: status): void => {
      const name = status[code] ?? 'UNKNOWN';
      span?.set({ 'rpc.response.status_code': name });
      span?.end(code === status.OK ? undefined : name);
      span = undefined;
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, after) {
            const [parent] = metadata.get('traceparent');
            if (typeof parent === 'string') span = tracer.begin(path.slice(1), 'server', parent);
            if (span) {
              metadata.set('traceparent', span.traceparent);
              span.set({ 'rpc.system.name': 'grpc', 'rpc.method': path.slice(1) });
            }
            after(metadata);
          },
          onCancel: () => end(status.CANCELLED),
        }),
      sendStatus: (state, next) => {
        end(state.code ?? status.UNKNOWN);
        next(state);
      },
    });
  };
}
