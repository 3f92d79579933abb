/** All queries that ship: of the panels, of the recording rules, of the alerts, and of the chart. */
import { globSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { repository } from '../steps.ts';

export interface Query {
  /** Where it stands, for messages. */
  readonly place: string;
  readonly expr: string;
}

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

export const RULE_FILES = ['recording.rules.yaml', 'alerts.rules.yaml'] as const;

/** The rules of both files, recording rules first. */
export function allRules(): readonly Rule[] {
  return RULE_FILES.flatMap((file) => {
    const text = readFileSync(`${repository}/ops/prometheus/${file}`, 'utf8');
    const { groups } = parse(text) as { groups: readonly { rules: readonly Rule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  });
}

/** Queries of all panels, as they stand in the dashboards. */
export function panelQueries(): readonly Query[] {
  return globSync('ops/grafana/*.json', { cwd: repository }).flatMap((file) => {
    const text = readFileSync(`${repository}/${file}`, 'utf8');
    const { panels } = JSON.parse(text) as { panels: readonly Panel[] };
    return panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ place: `${file}: ${title}`, expr })),
    );
  });
}

/** What KEDA asks to scale delivery, as the chart has it in the namespace `mail`. */
export function scalingQuery(): Query {
  const file = 'charts/staffetta/values.yaml';
  const { services } = parse(readFileSync(`${repository}/${file}`, 'utf8')) as {
    services: { delivery: { autoscaling: { query: string } } };
  };
  const { query } = services.delivery.autoscaling;
  return { place: file, expr: query.replaceAll('{{ .Release.Namespace }}', 'mail') };
}

/** As Grafana would send it for all processes. */
export function filledIn(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$job', '.*')
    .replaceAll('$instance', '.*');
}

/** Every query that ships, as it would be sent; of an alert what it compares. */
export function everyQuery(): readonly Query[] {
  return [
    scalingQuery(),
    ...panelQueries().map(({ place, expr }) => ({ place, expr: filledIn(expr) })),
    ...allRules().flatMap(({ record, alert, expr }) => {
      const place = record ?? alert ?? '';
      return (alert === undefined ? [expr] : compared(expr)).map((one) => ({ place, expr: one }));
    }),
  ];
}

/** What an alert compares, without the comparison: it must be there, and that it is not true is good. */
function compared(expr: string): readonly string[] {
  return expr
    .split(/\n(?:and|or) /)
    .filter((part) => !part.startsWith('absent('))
    .map((part) => part.trim().replace(/ (?:>|<|==) [\d. *]+$/, ''));
}
