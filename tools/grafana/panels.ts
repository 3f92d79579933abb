/** What the dashboards are made of: panels with queries to Prometheus, and the variables that all of them share. */
import {
  ReduceDataOptionsBuilder,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as SeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** A panel's queries by their legend, which may use labels. */
export interface PanelOptions {
  readonly title: string;
  /** What the figure says, and what to think of it. */
  readonly description: string;
  /** A unit of Grafana: `short`, `s`, `bytes`, `percentunit`, `cps`. */
  readonly unit: string;
  readonly queries: Readonly<Record<string, string>>;
}

interface RowOptions {
  readonly title: string;
  readonly panels: readonly (StatBuilder | SeriesBuilder)[];
}

export interface DashboardOptions {
  /** Also the name of its file. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly RowOptions[];
}

const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };
const STAT_SPAN = 4;
const STAT_HEIGHT = 4;
const SERIES_SPAN = 8;
const SERIES_HEIGHT = 8;
const TAG = 'staffetta';

/** The series of the chosen processes; a metric with more labels is `own('name', 'state="due"')`. */
export function own(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['job=~"$job"', 'instance=~"$instance"', ...matchers].join(', ')}}`;
}

/** A rate of a counter of the chosen processes, summed by labels. */
export function rate(metric: string, by: readonly string[] = [], ...matchers: string[]): string {
  return `sum${by.length > 0 ? ` by (${by.join(', ')})` : ''} (rate(${own(metric, ...matchers)}[$__rate_interval]))`;
}

/** A quantile of a histogram of the chosen processes. */
export function quantile(
  q: number,
  histogram: string,
  by: readonly string[] = [],
  ...matchers: string[]
): string {
  return `histogram_quantile(${q}, ${rate(`${histogram}_bucket`, ['le', ...by], ...matchers)})`;
}

/** What each replica of the events service tells the same: the most of it. */
export function seen(metric: string, by: readonly string[] = [], ...matchers: string[]): string {
  return `max${by.length > 0 ? ` by (${by.join(', ')})` : ''} (${own(metric, ...matchers)})`;
}

/** The usual three quantiles, as queries. */
export function quantiles(histogram: string, ...matchers: string[]): Record<string, string> {
  return {
    p50: quantile(0.5, histogram, [], ...matchers),
    p95: quantile(0.95, histogram, [], ...matchers),
    p99: quantile(0.99, histogram, [], ...matchers),
  };
}

/** Lines over time. */
export function lines({ title, description, unit, queries }: PanelOptions): SeriesBuilder {
  const legend = new VizLegendOptionsBuilder().showLegend(true);
  const panel = new SeriesBuilder().title(title).description(description).unit(unit);
  panel.datasource(DATASOURCE).span(SERIES_SPAN).height(SERIES_HEIGHT).legend(legend).min(0);
  for (const target of targets(queries)) panel.withTarget(target);
  return panel;
}

/** One figure, the newest. */
export function figure({ title, description, unit, queries }: PanelOptions): StatBuilder {
  const newest = new ReduceDataOptionsBuilder().calcs(['lastNotNull']);
  const panel = new StatBuilder().title(title).description(description).unit(unit);
  panel.datasource(DATASOURCE).span(STAT_SPAN).height(STAT_HEIGHT).reduceOptions(newest);
  for (const target of targets(queries)) panel.withTarget(target);
  return panel;
}

function targets(queries: Readonly<Record<string, string>>): DataqueryBuilder[] {
  return Object.entries(queries).map(([legend, expr], index) =>
    new DataqueryBuilder()
      .refId(String.fromCodePoint(65 + index))
      .datasource(DATASOURCE)
      .expr(expr)
      .legendFormat(legend),
  );
}

/** A dashboard for any Prometheus, with links to the others. */
export function dashboard({ uid, title, description, rows }: DashboardOptions): Dashboard {
  const links = new DashboardLinkBuilder('Staffetta');
  links.type(DashboardLinkType.Dashboards).tags([TAG]).keepTime(true).includeVars(true);
  const builder = new DashboardBuilder(`Staffetta / ${title}`)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .time({ from: 'now-3h', to: 'now' })
    .timezone('browser')
    .refresh('30s')
    .readonly()
    .link(links)
    .withVariable(
      new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    )
    .withVariable(choice('job', 'staffetta_process_start_time_seconds'))
    .withVariable(choice('instance', 'staffetta_process_start_time_seconds{job=~"$job"}'));
  let id = 0;
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).id((id += 1)));
    for (const panel of row.panels) builder.withPanel(panel.id((id += 1)));
  }
  return builder.build();
}

function choice(label: string, metric: string): QueryVariableBuilder {
  return new QueryVariableBuilder(label)
    .datasource(DATASOURCE)
    .query(`label_values(${metric}, ${label})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all' });
}
