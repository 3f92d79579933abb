import { endSpans, messageAttributes } from '@staffetta/core';
import type { Span, StoredRecord, Tracer } from '@staffetta/core';

/** The spans of one batch, from when it was read to when its results are written: of those that are sampled, and no others. */
export class TracedBatch {
  readonly #tracer: Tracer;
  #spans: Span[] | undefined;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** The records; what follows from one that is sampled belongs under its span. */
  begin(records: readonly StoredRecord[]): readonly StoredRecord[] {
    this.end('repeated');
    if (!records.some(isSampled)) return records;
    return records.map((record) => this.#traced(record));
  }

  end(errorType?: string): void {
    endSpans(this.#spans, errorType);
    this.#spans = undefined;
  }

  #traced(record: StoredRecord): StoredRecord {
    const { envelope } = record;
    const span = this.#tracer.begin('route', 'consumer', envelope.traceparent);
    if (!span) return record;
    span.set(messageAttributes(envelope, 'route'));
    (this.#spans ??= []).push(span);
    return { ...record, envelope: { ...envelope, traceparent: span.traceparent } };
  }
}

function isSampled({ envelope }: StoredRecord): boolean {
  return envelope.traceparent !== undefined;
}
