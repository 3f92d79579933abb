import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What every metric says of itself. */
export interface MetricOptions<Label extends string> {
  /** Begins with staffetta_, in base units (seconds, bytes). */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

const PREFIX = 'staffetta_';
const NAME = /^staffetta_[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const NO_BASE_UNIT =
  /_(ms|milliseconds|us|microseconds|ns|minutes|hours|days|kb|kib|mb|mib|percent)(_|$)/;
const RESERVED_SUFFIX = /_(count|sum|bucket|info)$/;
/** Gauges of prom-client that bear a counter's name. */
const MISNAMED = ['active_handles_total', 'active_requests_total', 'active_resources_total'];

/** The metrics of a process, with those of Node itself (memory, CPU, event loop lag). Asking for a metric twice gives the same one. */
export class Metrics {
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry, prefix: PREFIX });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(`${PREFIX}nodejs_${name}`);
  }

  /** A sum that only grows; its name ends in _total. */
  counter<Label extends string = never>(options: MetricOptions<Label>): Counter<Label> {
    checkName(options.name);
    if (!options.name.endsWith('_total')) throw new Error(`${options.name} does not end in _total`);
    return this.#once(options.name, () => new Counter(this.#settings(options)));
  }

  /** A value that goes up and down; `collect`, where given, sets it when somebody asks. */
  gauge<Label extends string = never>(
    options: MetricOptions<Label> & {
      readonly collect?: (gauge: Gauge<Label>) => void | Promise<void>;
    },
  ): Gauge<Label> {
    checkName(options.name, '_total');
    const { collect } = options;
    return this.#once(options.name, () => {
      const gauge: Gauge<Label> = new Gauge({
        ...this.#settings(options),
        ...(collect ? { collect: () => collect(gauge) } : {}),
      });
      return gauge;
    });
  }

  /** A distribution over buckets, whose upper bounds are in the unit of the name. */
  histogram<Label extends string = never>(
    options: MetricOptions<Label> & { readonly buckets: readonly number[] },
  ): Histogram<Label> {
    checkName(options.name, '_total');
    return this.#once(
      options.name,
      () => new Histogram({ ...this.#settings(options), buckets: [...options.buckets] }),
    );
  }

  /** All metrics in Prometheus' text format, and its content type. */
  async render(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #settings<Label extends string>({ name, help, labels = [] }: MetricOptions<Label>) {
    return { name, help, labelNames: labels, registers: [this.#registry] };
  }

  #once<Metric>(name: string, create: () => Metric): Metric {
    return (this.#registry.getSingleMetric(name) as Metric | undefined) ?? create();
  }
}

function checkName(name: string, forbiddenSuffix?: string): void {
  if (!NAME.test(name)) throw new Error(`${name} is no name of a metric of ours`);
  if (NO_BASE_UNIT.test(name)) throw new Error(`${name} is not in a base unit`);
  if (RESERVED_SUFFIX.test(name)) throw new Error(`${name} ends in a word that Prometheus adds`);
  if (forbiddenSuffix !== undefined && name.endsWith(forbiddenSuffix)) {
    throw new Error(`${name} ends in ${forbiddenSuffix}, which only counters do`);
  }
}
