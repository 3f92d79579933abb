import { parse } from 'yaml';
import type { JsonSchema } from './json-schema.ts';

type Values = Readonly<Record<string, unknown>>;

const INTRODUCTION = `# Chart staffetta

For Helm 3 and 4. Generated from the schema of its values by \`tools/chart-reference.ts\`; do not edit. What it does and
what was tested of it stands in [docs/operations/kubernetes.md](../../docs/operations/kubernetes.md).

\`\`\`
helm install mail charts/staffetta -f charts/staffetta/values-trial.yaml --set hostname=mx.example.com
\`\`\`

| preset | what |
|---|---|
| \`values-trial.yaml\` | one pod, the embedded PostgreSQL, a PersistentVolumeClaim |
| \`values-small.yaml\` | a PostgreSQL that is there, one pod of each service |
| \`values-production.yaml\` | Kafka and PostgreSQL that are there, several pods of each service |
| \`values-million-an-hour.yaml\` | the same for a million messages an hour, with the arithmetic |

\`config\` takes every key of the [configuration](../../docs/reference/config.md) but those that the chart sets itself. An
unknown value, or one of a wrong kind, is refused with a message that names it.

| value | default | |
|---|---|---|
`;

/** The README of the chart: every value with its default and meaning. Throws where values.yaml and schema differ. */
export function chartReadme(schema: JsonSchema, valuesYaml: string): string {
  const values = parse(valuesYaml) as Values;
  const properties = schema.properties ?? {};
  const rows = Object.entries(properties).flatMap(([name, node]) => {
    if (name === 'config') return [configRow(node, values['config'])];
    if (name === 'services') return serviceRows(node, values['services'] as Values);
    return rowsOf(node, values[name], name);
  });
  return `${INTRODUCTION}${rows.join('\n')}\n`;
}

function configRow(node: JsonSchema, value: unknown): string {
  return row('config', value, node.description ?? '');
}

/** What all services have stands once; what one has alone, with its name. */
function serviceRows(node: JsonSchema, values: Values): string[] {
  const services = Object.entries(node.properties ?? {});
  const common: string[] = [];
  const own: string[] = [];
  for (const [name, service] of services) {
    for (const [key, inner] of Object.entries(service.properties ?? {})) {
      const defaults = (values[name] as Values)[key];
      const isCommon = services.every(([, other]) => other.properties?.[key]);
      if (!isCommon) own.push(...rowsOf(inner, defaults, `services.${name}.${key}`));
      else if (services[0]?.[0] === name) {
        const differ = services.some(
          ([other]) => JSON.stringify((values[other] as Values)[key]) !== JSON.stringify(defaults),
        );
        common.push(...rowsOf(inner, differ ? BY_SERVICE : defaults, `services.<service>.${key}`));
      }
    }
  }
  return [...common, ...own];
}

const BY_SERVICE = Symbol('by service');

function rowsOf(node: JsonSchema, value: unknown, path: string): string[] {
  if (!node.properties) {
    if (!node.description) throw new Error(`${path}: the value has no description`);
    return [row(path, value, node.description)];
  }
  const known = Object.keys(node.properties);
  const given = value === BY_SERVICE ? [] : Object.keys(value ?? {});
  const stray = given.find((name) => !known.includes(name));
  if (stray !== undefined) throw new Error(`values.yaml: ${path}.${stray} is not in the schema`);
  return Object.entries(node.properties).flatMap(([name, inner]) =>
    rowsOf(
      inner,
      value === BY_SERVICE ? BY_SERVICE : (value as Values | undefined)?.[name],
      `${path}.${name}`,
    ),
  );
}

function row(path: string, value: unknown, description: string): string {
  return `| \`${path}\` | ${defaultText(value)} | ${description} |`;
}

function defaultText(value: unknown): string {
  if (value === BY_SERVICE) return 'by service';
  if (value === undefined || value === '') return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `\`${text.replaceAll('\n', ' ').replaceAll('|', '\\|')}\``;
}
