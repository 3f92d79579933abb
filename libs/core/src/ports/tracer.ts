import type { Envelope } from '../envelope.ts';

/**
 * What a span says, by the names of OpenTelemetry's semantic conventions and `mail.*` for what they do not have. Never
 * content, passwords, replies of other servers or more of an address than its domain.
 */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** Who called whom, as OpenTelemetry tells it. */
export type SpanKind = 'server' | 'client' | 'consumer';

/** One step of a message's way while it is made. */
export interface Span {
  /** Its place in the trace (W3C Trace Context §3.2): what follows is begun under it. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** Once; with what went wrong in a word, if anything. Never throws, never waits. */
  end(errorType?: string): void;
}

/** Makes the spans of OpenTelemetry's traces. Whoever is not sampled has none: nothing is made and nothing carried on. */
export interface Tracer {
  /**
   * The acceptance of a message, begun at that time in milliseconds since 1970. Its trace has the message's id, unless
   * the submitter's `traceparent` says to which it belongs and whether it is sampled.
   */
  accept(messageId: string, sinceMs: number, submitted?: string): Span | undefined;
  /** A step under a parent; undefined without one, or where it is not sampled or is none. */
  begin(name: string, kind: SpanKind, parent: string | undefined): Span | undefined;
}

/** Traces are off: no spans. */
export const noTracer: Tracer = { accept: () => undefined, begin: () => undefined };

/** The steps of a message, as the conventions class them. */
const OPERATION_TYPES = {
  accept: 'create',
  route: 'process',
  deliver: 'send',
  store: 'process',
} as const;

/** What each step says of its message. */
export function messageAttributes(
  envelope: Envelope,
  operation: keyof typeof OPERATION_TYPES,
): SpanAttributes {
  return {
    'messaging.system': 'smtp',
    'messaging.operation.name': operation,
    'messaging.operation.type': OPERATION_TYPES[operation],
    'messaging.message.id': envelope.messageId,
    'messaging.message.body.size': envelope.sizeBytes,
    'mail.tenant': envelope.tenantId,
    'mail.listener': envelope.injection.listener,
    'mail.recipients': envelope.recipients.length,
  };
}

/** Ends the spans of what was done at once, if there are any. */
export function endSpans(spans: readonly Span[] | undefined, errorType?: string): void {
  if (spans) for (const span of spans) span.end(errorType);
}
