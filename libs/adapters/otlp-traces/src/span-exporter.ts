import { setTimeout as delay } from 'node:timers/promises';
import { encodeSpans } from './otlp-json.ts';
import type { EndedSpan, Resource } from './otlp-json.ts';

/** What became of spans. */
export type SpanOutcome = 'exported' | 'dropped';

/** Whether the collector takes what it is given; told when that changes. */
export type ExportState =
  { readonly kind: 'failing'; readonly error: Error } | { readonly kind: 'working' };

export interface SpanExporterOptions {
  /** Of OTLP/HTTP, to which `/v1/traces` is added. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Resource;
  readonly onSpans: (outcome: SpanOutcome, count: number) => void;
  readonly onState: (state: ExportState) => void;
}

/** Spans that wait at most, about 1 KB each; what comes beyond is dropped. */
export const WAITING_SPANS_MAX = 10_000;
export const BATCH_SPANS_MAX = 500;
/** A span waits so long for others at most. */
const GATHER_MS = 1_000;
const POST_TIMEOUT_MS = 10_000;
/** What is left at the end has so long. */
const STOP_TIMEOUT_MS = 3_000;
/** OTLP 1.x, "Retryable Response Codes". */
const RETRYABLE = new Set([429, 502, 503, 504]);
const TRIES_MAX = 5;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

type Posted =
  | { readonly kind: 'taken'; readonly rejected: number }
  | { readonly kind: 'refused' | 'later'; readonly error: Error; readonly afterMs: number };

/** Sends ended spans to a collector, batch by batch, one at a time. Whoever adds one never waits. */
export class SpanExporter {
  readonly #options: SpanExporterOptions;
  readonly #url: string;
  readonly #stop = new AbortController();
  #waiting: EndedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failing = false;

  constructor(options: SpanExporterOptions) {
    this.#options = options;
    this.#url = `${options.endpoint.replace(/\/+$/, '')}/v1/traces`;
  }

  add(span: EndedSpan): void {
    if (this.#waiting.length >= WAITING_SPANS_MAX || this.#stop.signal.aborted) {
      this.#options.onSpans('dropped', 1);
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= BATCH_SPANS_MAX) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), GATHER_MS).unref();
  }

  /** Sends what waits, once; what the collector does not take is dropped. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#sending;
    this.#send();
    await this.#sending;
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  async #sendAll(): Promise<void> {
    const endMs = performance.now() + STOP_TIMEOUT_MS;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_SPANS_MAX);
      const isLate = this.#stop.signal.aborted && performance.now() > endMs;
      const taken = isLate ? 0 : await this.#sendBatch(batch);
      this.#options.onSpans('exported', taken);
      this.#options.onSpans('dropped', batch.length - taken);
    }
  }

  /** How many of them were taken. */
  async #sendBatch(batch: readonly EndedSpan[]): Promise<number> {
    const body = encodeSpans(this.#options.resource, batch);
    const { signal } = this.#stop;
    for (let tries = 1, waitMs = RETRY_MIN_MS; ; tries += 1, waitMs *= 2) {
      const posted = await this.#post(body);
      this.#tell(posted);
      if (posted.kind === 'taken') return Math.max(batch.length - posted.rejected, 0);
      if (posted.kind === 'refused' || tries >= TRIES_MAX || signal.aborted) return 0;
      const afterMs = Math.min(Math.max(posted.afterMs, waitMs), RETRY_MAX_MS);
      // Cut short by the end: then it is tried once more.
      await delay(afterMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #post(body: string): Promise<Posted> {
    const timeoutMs = this.#stop.signal.aborted ? STOP_TIMEOUT_MS : POST_TIMEOUT_MS;
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { ...this.#options.headers, 'content-type': 'application/json' },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      if (response.ok) return { kind: 'taken', rejected: rejectedOf(text) };
      const error = new Error(`the collector answered ${response.status}`);
      const afterMs = Number(response.headers.get('retry-after') ?? 0) * 1_000 || 0;
      return { kind: RETRYABLE.has(response.status) ? 'later' : 'refused', error, afterMs };
    } catch (error) {
      return { kind: 'later', error: error as Error, afterMs: 0 };
    }
  }

  #tell(posted: Posted): void {
    const failing = posted.kind !== 'taken';
    if (failing === this.#failing) return;
    this.#failing = failing;
    this.#options.onState(failing ? { kind: 'failing', error: posted.error } : { kind: 'working' });
  }
}

/** ExportTracePartialSuccess: what the collector did not want of what it took. */
function rejectedOf(text: string): number {
  try {
    const { partialSuccess } = JSON.parse(text) as {
      partialSuccess?: { rejectedSpans?: string | number };
    };
    return Number(partialSuccess?.rejectedSpans ?? 0) || 0;
  } catch {
    // A collector that says nothing of the kind took all.
    return 0;
  }
}
