/** Where a step stands in a trace (W3C Trace Context §3.2). */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Later versions may add fields behind; version ff is none, nor is an id of zeros (§3.2.2, §4.3). */
const TRACEPARENT =
  /^(?!ff)(?:00|(?<later>[0-9a-f]{2}))-(?!0{32})(?<traceId>[0-9a-f]{32})-(?!0{16})(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<rest>-.*)?$/;
const LENGTH_MAX = 512;
const SAMPLED = 1;

/** Undefined where the text is no traceparent: then it counts as absent. */
export function parseTraceParent(text: string): TraceParent | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  const { later, traceId, spanId, flags, rest } = TRACEPARENT.exec(text)?.groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (later === undefined && rest !== undefined) return undefined;
  return { traceId, spanId, sampled: (parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Of a step that is sampled. */
export function formatTraceParent(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`;
}
