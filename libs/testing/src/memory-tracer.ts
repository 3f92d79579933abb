import { randomBytes } from 'node:crypto';
import type { Span, SpanAttributes, SpanKind, Tracer } from '@staffetta/core';

/** A span that was begun. */
export interface MemorySpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceparent: string;
  /** Undefined for the first of a trace. */
  readonly parent: string | undefined;
  readonly attributes: SpanAttributes;
  /** Undefined while it is open, empty where nothing went wrong. */
  readonly errorType: string | undefined;
}

/** A Tracer that samples all and keeps what it is told. */
export class MemoryTracer implements Tracer {
  readonly spans: MemorySpan[] = [];

  accept(messageId: string, _sinceMs: number, submitted?: string): Span {
    return this.#span('accept', 'server', submitted, submitted?.slice(3, 35) ?? messageId);
  }

  begin(name: string, kind: SpanKind, parent: string | undefined): Span | undefined {
    return parent === undefined ? undefined : this.#span(name, kind, parent, parent.slice(3, 35));
  }

  #span(name: string, kind: SpanKind, parent: string | undefined, traceId: string): Span {
    const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
    const at = this.spans.length;
    const change = (what: Partial<MemorySpan>): void => {
      this.spans[at] = { ...this.spans[at]!, ...what };
    };
    this.spans.push({ name, kind, traceparent, parent, attributes: {}, errorType: undefined });
    return {
      traceparent,
      set: (more) => change({ attributes: { ...this.spans[at]!.attributes, ...more } }),
      end: (errorType = '') => change({ errorType }),
    };
  }
}
