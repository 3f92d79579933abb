import type { SpanAttributes, SpanKind } from '@staffetta/core';

/** A step that has ended; times in milliseconds since 1970. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  /** Empty where nothing went wrong. */
  readonly errorType: string;
}

/** Who made the spans. */
export interface Resource {
  readonly attributes: SpanAttributes;
  /** Version of the program. */
  readonly version: string;
}

/** Numbers of opentelemetry.proto.trace.v1.Span.SpanKind and Status.StatusCode. */
const KINDS: Readonly<Record<SpanKind, number>> = { server: 2, client: 3, consumer: 5 };
const STATUS_ERROR = 2;
const SAMPLED = 1;
const TEXT_CHARACTERS_MAX = 256;

/** An ExportTraceServiceRequest in the JSON encoding of OTLP 1 (ids in hex, 64-bit integers as texts). */
export function encodeSpans(
  { attributes, version }: Resource,
  spans: readonly EndedSpan[],
): string {
  const scope = { name: 'staffetta', version };
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: encodeAttributes(attributes) },
        scopeSpans: [{ scope, spans: spans.map(encodeSpan) }],
      },
    ],
  });
}

function encodeSpan(span: EndedSpan): object {
  const { errorType } = span;
  const failed = errorType !== '';
  const attributes = failed ? { ...span.attributes, 'error.type': errorType } : span.attributes;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId !== '' && { parentSpanId: span.parentSpanId }),
    flags: SAMPLED,
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: encodeAttributes(attributes),
    ...(failed && { status: { code: STATUS_ERROR } }),
  };
}

function encodeAttributes(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: encodeValue(value) }));
}

function encodeValue(value: string | number): object {
  if (typeof value === 'string') return { stringValue: value.slice(0, TEXT_CHARACTERS_MAX) };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** More digits than a number holds: the milliseconds as they are, and six digits of what is left. */
function nanoseconds(ms: number): string {
  const whole = Math.floor(ms);
  const rest = Math.floor((ms - whole) * 1_000_000);
  return `${whole}${String(rest).padStart(6, '0')}`;
}
