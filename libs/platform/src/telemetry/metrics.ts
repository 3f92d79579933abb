import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What every metric says of itself. */
export interface MetricOptions<Label extends string> {
  /** Begins with staffetta_, in base units (seconds, bytes). */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

interface Collected<Metric> {
  readonly collect?: (metric: Metric) => void | Promise<void>;
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
  /** What sets a metric when somebody asks; several services of a process may each add their part. */
  readonly #collectors = new Map<string, (() => void | Promise<void>)[]>();

  constructor() {
    collectDefaultMetrics({ register: this.#registry, prefix: PREFIX });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(`${PREFIX}nodejs_${name}`);
  }

  /** A sum that only grows; its name ends in _total. `collect`, where given, brings it up to date when somebody asks. */
  counter<Label extends string = never>(
    options: MetricOptions<Label> & Collected<Counter<Label>>,
  ): Counter<Label> {
    const { name } = options;
    checkName(name);
    if (!name.endsWith('_total')) throw new Error(`${name} does not end in _total`);
    const counter = this.#once(name, (collect) => {
      return new Counter({ ...this.#settings(options), collect });
    });
    this.#collect(options, counter);
    return counter;
  }

  /** A value that goes up and down; `collect`, where given, sets it when somebody asks. */
  gauge<Label extends string = never>(
    options: MetricOptions<Label> & Collected<Gauge<Label>>,
  ): Gauge<Label> {
    checkName(options.name, '_total');
    const gauge = this.#once(options.name, (collect) => {
      return new Gauge({ ...this.#settings(options), collect });
    });
    this.#collect(options, gauge);
    return gauge;
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

  #collect<Metric>({ name, collect }: { name: string } & Collected<Metric>, metric: Metric): void {
    if (!collect) return;
    const collectors = this.#collectors.get(name) ?? [];
    this.#collectors.set(name, [...collectors, () => collect(metric)]);
  }

  #once<Metric>(name: string, create: (collect: () => Promise<void>) => Metric): Metric {
    const collect = async (): Promise<void> => {
      for (const one of this.#collectors.get(name) ?? []) await one();
    };
    return (this.#registry.getSingleMetric(name) as Metric | undefined) ?? create(collect);
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
