import { AsyncLocalStorage } from 'node:async_hooks';
import { InterceptingCall } from '@grpc/grpc-js';
import type { Interceptor, Metadata, UntypedServiceImplementation } from '@grpc/grpc-js';

/** The fields of W3C Trace Context. */
const FIELDS = ['traceparent', 'tracestate'] as const;
const VALUE_LENGTH_MAX = 512;

type TraceContext = ReadonlyMap<string, string>;

const current = new AsyncLocalStorage<TraceContext>();

/** The implementation, each call of which runs with the trace context that came with it. */
export function withTraceContext(
  implementation: UntypedServiceImplementation,
): UntypedServiceImplementation {
  const wrapped: UntypedServiceImplementation = {};
  for (const [name, handler] of Object.entries(implementation)) {
    const handle = handler as (call: { metadata: Metadata }, ...rest: unknown[]) => void;
    wrapped[name] = ((call: { metadata: Metadata }, ...rest: unknown[]) => {
      const context = contextOf(call.metadata);
      if (context.size === 0) handle(call, ...rest);
      else current.run(context, handle, call, ...rest);
    }) as typeof handler;
  }
  return wrapped;
}

/** Sends the trace context of the call that is being answered with the calls made for it. */
export const passTraceContext: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      for (const [field, value] of current.getStore() ?? []) metadata.set(field, value);
      next(metadata, listener);
    },
  });

/** W3C Trace Context §3.2. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACESTATE = /^[ -~]{1,512}$/;

/** Does the work of an HTTP request with its trace context, which goes with the calls made for it. */
export function withHttpTraceContext(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  work: () => void,
): void {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return work();
  const context = new Map([['traceparent', traceparent]]);
  if (typeof tracestate === 'string' && TRACESTATE.test(tracestate)) {
    context.set('tracestate', tracestate);
  }
  current.run(context, work);
}

function contextOf(metadata: Metadata): TraceContext {
  const context = new Map<string, string>();
  for (const field of FIELDS) {
    const [value] = metadata.get(field);
    if (typeof value === 'string' && value.length <= VALUE_LENGTH_MAX) context.set(field, value);
  }
  return context;
}
