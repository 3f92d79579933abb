import { messageAttributes, noTracer } from '@staffetta/core';
import type { Span, StoredRecord, Tracer } from '@staffetta/core';

/** Spans of what is stored in one transaction: of those that are sampled. */
export function storeSpans(
  tracer: Tracer = noTracer,
  items: readonly { readonly record: StoredRecord }[],
): readonly Span[] | undefined {
  let spans: Span[] | undefined;
  for (const { record } of items) {
    const { traceparent } = record.envelope;
    if (traceparent === undefined) continue;
    const span = tracer.begin('store', 'consumer', traceparent);
    if (!span) continue;
    span.set(messageAttributes(record.envelope, 'store'));
    (spans ??= []).push(span);
  }
  return spans;
}
