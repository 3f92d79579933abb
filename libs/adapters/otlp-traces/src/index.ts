export { OtlpTraces } from './otlp-traces.ts';
export type { OtlpTracesOptions } from './otlp-traces.ts';
export type { ExportState, SpanOutcome } from './span-exporter.ts';
