import { readFile } from 'node:fs/promises';
import type { Tracer } from '@staffetta/core';
import type { Config, Logger, Metrics, ServiceName } from '@staffetta/platform';

/** The traces of OpenTelemetry that are on. */
export interface OpenTraces extends Tracer {
  /** Sends what waits. */
  stop(): Promise<void>;
}

/** Who makes the spans, and who is told of them. */
export interface TraceSurroundings {
  readonly services: readonly ServiceName[];
  readonly version: string;
  /** This process, new with each start. */
  readonly id: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Undefined where no collector is configured: then nothing of it is loaded. Rejects where `headersFile` cannot be read. */
export async function openTraces(
  { telemetry, instanceName }: Config,
  { services, version, id, metrics, logger }: TraceSurroundings,
): Promise<OpenTraces | undefined> {
  const spans = metrics.counter({
    name: 'staffetta_otlp_spans_total',
    help: 'Spans of OpenTelemetry by what became of them: exported, or dropped since the collector did not take them in time.',
    labels: ['outcome'],
  });
  const { endpoint, headersFile } = telemetry.otlp;
  if (endpoint === undefined) return undefined;
  const headers = headersFile === undefined ? {} : await readHeaders(headersFile);
  const { OtlpTraces } = await import('@staffetta/otlp-traces');
  for (const outcome of ['exported', 'dropped']) spans.inc({ outcome }, 0);
  const [only, ...others] = services;
  return new OtlpTraces({
    endpoint,
    headers,
    sampled: telemetry.tracesSampled,
    resource: {
      version,
      attributes: {
        'service.namespace': 'staffetta',
        'service.name': only && others.length === 0 ? `staffetta-${only}` : 'staffetta',
        'service.version': version,
        'service.instance.id': id,
        'host.name': instanceName,
      },
    },
    onSpans: (outcome, count) => spans.inc({ outcome }, count),
    onState: (state) =>
      state.kind === 'working'
        ? logger.info('the collector of traces takes them again')
        : logger.warn(
            { err: state.error },
            'the collector of traces does not take them; mail goes on',
          ),
  });
}

/** `name: value`, one a line. */
async function readHeaders(file: string): Promise<Record<string, string>> {
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/).filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line, index) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
      if (name === undefined || value === undefined) {
        throw new Error(`telemetry.otlp.headersFile: line ${index + 1} is not name: value`);
      }
      return [name, value];
    }),
  );
}
