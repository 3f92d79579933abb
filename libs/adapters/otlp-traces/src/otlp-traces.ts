import { randomBytes } from 'node:crypto';
import type { Span, SpanAttributes, SpanKind, Tracer } from '@staffetta/core';
import type { EndedSpan } from './otlp-json.ts';
import { SpanExporter } from './span-exporter.ts';
import type { SpanExporterOptions } from './span-exporter.ts';
import { formatTraceParent, parseTraceParent } from './trace-parent.ts';

export interface OtlpTracesOptions extends SpanExporterOptions {
  /** The part of all messages that is sampled, 0 to 1. */
  readonly sampled: number;
}

/** Of a message id the last 13 hex digits are random. */
const RANDOM_DIGITS = 13;
const RANDOM_RANGE = 16 ** RANDOM_DIGITS;
const SPAN_ID_BYTES = 8;

/** Makes spans of what is sampled and sends them to a collector by OTLP/HTTP. */
export class OtlpTraces implements Tracer {
  readonly #exporter: SpanExporter;
  readonly #below: number;

  constructor(options: OtlpTracesOptions) {
    this.#exporter = new SpanExporter(options);
    this.#below = options.sampled * RANDOM_RANGE;
  }

  accept(messageId: string, sinceMs: number, submitted?: string): Span | undefined {
    const parent = submitted === undefined ? undefined : parseTraceParent(submitted);
    if (parent ? !parent.sampled : !this.#isSampled(messageId)) return undefined;
    const { traceId = messageId, spanId = '' } = parent ?? {};
    return this.#span(traceId, spanId, 'accept', 'server', sinceMs);
  }

  begin(name: string, kind: SpanKind, parent: string | undefined): Span | undefined {
    if (parent === undefined) return undefined;
    const found = parseTraceParent(parent);
    if (!found?.sampled) return undefined;
    return this.#span(found.traceId, found.spanId, name, kind, Date.now());
  }

  /** Sends what waits, within a few seconds. */
  stop(): Promise<void> {
    return this.#exporter.stop();
  }

  /** By the id itself, so that whoever decides again decides the same. */
  #isSampled(messageId: string): boolean {
    return parseInt(messageId.slice(-RANDOM_DIGITS), 16) < this.#below;
  }

  #span(
    traceId: string,
    parentSpanId: string,
    name: string,
    kind: SpanKind,
    startMs: number,
  ): Span {
    const spanId = randomBytes(SPAN_ID_BYTES).toString('hex');
    return new OpenSpan({ traceId, spanId, parentSpanId, name, kind, startMs }, (span) =>
      this.#exporter.add(span),
    );
  }
}

type BegunSpan = Omit<EndedSpan, 'endMs' | 'attributes' | 'errorType'>;

class OpenSpan implements Span {
  readonly traceparent: string;
  readonly #begun: BegunSpan;
  readonly #onEnd: (span: EndedSpan) => void;
  readonly #attributes: Record<string, string | number> = {};
  /** The clock may be set meanwhile: a span's length is measured apart from it. */
  readonly #tickMs: number;
  #ended = false;

  constructor(begun: BegunSpan, onEnd: (span: EndedSpan) => void) {
    this.traceparent = formatTraceParent(begun.traceId, begun.spanId);
    this.#begun = begun;
    this.#onEnd = onEnd;
    this.#tickMs = performance.now() - Math.max(Date.now() - begun.startMs, 0);
  }

  set(attributes: SpanAttributes): void {
    Object.assign(this.#attributes, attributes);
  }

  end(errorType = ''): void {
    if (this.#ended) return;
    this.#ended = true;
    const endMs = this.#begun.startMs + (performance.now() - this.#tickMs);
    this.#onEnd({ ...this.#begun, endMs, attributes: this.#attributes, errorType });
  }
}
