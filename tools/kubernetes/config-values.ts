import { configJsonSchema } from '@staffetta/platform';
import type { JsonSchema } from './json-schema.ts';

/** Keys of staffetta.yaml that the chart sets itself; a value of its own, a Secret or the pod says what they are. */
const OF_THE_CHART: ReadonlySet<string> = new Set([
  'hostname',
  'listen',
  'dataDir',
  'instanceName',
  'smtp.mxPort',
  'smtp.submissionPort',
  'smtp.submissionsPort',
  'smtp.proxyMxPort',
  'smtp.proxySubmissionPort',
  'smtp.proxySubmissionsPort',
  'imap.port',
  'imap.tlsPort',
  'pop3.port',
  'pop3.tlsPort',
  'lmtp.port',
  'api.port',
  'dashboard.port',
  'dashboard.adminPasswordFile',
  'admin.url',
  'admin.tokenFile',
  'database.url',
  'blobs.s3.accessKeyId',
  'blobs.s3.secretAccessKey',
  'tls.certFile',
  'tls.keyFile',
  'telemetry.port',
  'grpc.port',
  'grpc.tls.certFile',
  'grpc.tls.keyFile',
  'grpc.tls.caFile',
  'log.kafka.tls.caFile',
  'log.kafka.tls.certFile',
  'log.kafka.tls.keyFile',
  'log.kafka.sasl.passwordFile',
]);

/** What each key of the configuration carries for its own reference. */
interface ConfigNode extends JsonSchema {
  readonly secret?: boolean;
  readonly port?: boolean;
}

const KEPT = [
  'type',
  'description',
  'required',
  'additionalProperties',
  'enum',
  'pattern',
  'minLength',
  'minItems',
  'minimum',
  'maximum',
] as const;

/** The schema of the value `config`: the typed configuration without the keys that the chart sets. */
export function configValues(): JsonSchema {
  const unknown = new Set(OF_THE_CHART);
  const schema = convert(configJsonSchema(), [], unknown);
  if (unknown.size > 0)
    throw new Error(`no such key of the configuration: ${[...unknown].join(', ')}`);
  if (!schema) throw new Error('the configuration has no key');
  return {
    ...schema,
    description: 'staffetta.yaml, key by key as in docs/reference/config.md.',
  };
}

/** Undefined where nothing is left for `config`. */
function convert(
  node: ConfigNode,
  path: readonly string[],
  unknown: Set<string>,
): JsonSchema | undefined {
  const key = path.join('.');
  if (unknown.delete(key)) return undefined;
  if (node.secret || node.port) {
    throw new Error(
      `${key}: a secret or a door that the chart does not know; see config-values.ts`,
    );
  }
  const kept = Object.fromEntries(
    KEPT.flatMap((name) => (name in node ? [[name, node[name]]] : [])),
  );
  if (node.items) return { ...kept, items: convert(node.items, [...path, '[]'], unknown) ?? {} };
  if (!node.properties) return kept;
  const properties = Object.entries(node.properties).flatMap(([name, inner]) => {
    const converted = convert(inner, [...path, name], unknown);
    return converted ? [[name, converted] as const] : [];
  });
  if (properties.length === 0) return undefined;
  return { ...kept, additionalProperties: false, properties: Object.fromEntries(properties) };
}
