import { readFile } from 'node:fs/promises';
import type { Tracer } from '@staffetta/core';
import type { Config, Logger, Metrics, ServiceName } from '@staffetta/platform';
import { wrongValue } from './wrong-value.ts';

const HEADERS_FILE = 'telemetry.otlp.headersFile';

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

/** Undefined where no collector is configured: then nothing of it is loaded. Rejects where the keys are wrong. */
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
  const address = checked(endpoint);
  const headers = headersFile === undefined ? {} : await readHeaders(headersFile);
  const { OtlpTraces } = await import('@staffetta/otlp-traces');
  for (const outcome of ['exported', 'dropped']) spans.inc({ outcome }, 0);
  const [only, ...others] = services;
  return new OtlpTraces({
    endpoint: address,
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

/** Where it cannot be an address that is asked without a name and a password, the start says so. */
function checked(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (!url) throw wrongValue('telemetry.otlp.endpoint', 'is no URL');
  if (url.username === '' && url.password === '') return endpoint;
  throw wrongValue(
    'telemetry.otlp.endpoint',
    'has a user; what the collector wants to know goes to telemetry.otlp.headersFile',
  );
}

/** `name: value`, one a line. */
async function readHeaders(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw wrongValue(HEADERS_FILE, `${file} cannot be read`, error);
  });
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line, index) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
      if (name === undefined || value === undefined) {
        throw wrongValue(HEADERS_FILE, `line ${index + 1} of ${file} is not name: value`);
      }
      return [name, value];
    }),
  );
}
