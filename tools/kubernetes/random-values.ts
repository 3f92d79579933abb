import type { JsonSchema } from './json-schema.ts';

export type Values = Record<string, unknown>;

/** Chance between 0 and 1. */
export type Chance = () => number;

/** Chance that a value is set at all. */
const SET_CHANCE = 0.25;
const LIST_MAX = 3;
const INTEGER_MAX = 100_000;

/** Texts of a shape that the schema alone does not tell, by the end of their path. */
const SAMPLES: readonly (readonly [RegExp, readonly unknown[]])[] = [
  [/^hostname$/, ['mx.example.com', 'mail-1.relay.example.org']],
  [
    /(existingSecret|tlsSecret|caSecret|issuerName|pullSecrets\[\])$/,
    ['one-secret', 'other.secret-2'],
  ],
  [/(className|priorityClassName|storageClass)$/, ['', 'fast', 'very-fast']],
  [/loadBalancerClass$/, ['', 'example.com/lb']],
  [/fullnameOverride$/, ['', 'relay', 'a-name-of-our-own-that-is-longer-than-it-has-to-be']],
  [/(Host|dnsNames\[\])$/, ['web.example.com', 'mail.example.net']],
  [/cpu$/, ['100m', '2', '0.5']],
  [/(memory|size)$/, ['256Mi', '1Gi', '1536Mi']],
  [/interval$/, ['15s', '1m']],
  [/digest$/, ['', `sha256:${'0f'.repeat(32)}`]],
  [/tag$/, ['', '1.2.3']],
  [/repository$/, ['staffetta', 'images.example.com/mail/staffetta']],
  [
    /(Cidrs|SourceRanges|deliveryExcept|relayNetworks|proxyNetworks)\[\]$/,
    ['10.0.0.0/8', '2001:db8::/32'],
  ],
  [/prometheusAddress$/, ['http://prometheus:9090']],
  [/query$/, ['max(staffetta_log_lag_records{namespace="{{ .Release.Namespace }}"})']],
  [/runbooksUrl$/, ['docs/runbooks', 'https://wiki.example.com/mail/']],
  [/externalMetric$/, ['staffetta_delivery_waiting']],
  [/(From|To)\[\]$/, [{ podSelector: {} }, { ipBlock: { cidr: '192.0.2.0/24' } }]],
  [/extraEgress\[\]$/, [{ ports: [{ port: 443 }] }]],
  [/parentRefs\[\]$/, [{ name: 'outside' }]],
  [/tolerations\[\]$/, [{ key: 'mail', operator: 'Exists' }]],
  [/affinity$/, [{}, { nodeAffinity: {} }]],
  [/(nodeSelector|[lL]abels|[aA]nnotations)$/, [{}, { 'example.com/mail': 'yes' }]],
  [/global$/, [{}]],
  [/endpoint$/, ['https://s3.example.com']],
  [/(url|password|ca|cert|key)Key$/, ['url', 'some.key']],
];
/** A text that is also a host and a port. */
const ANY_TEXT = 'some.example:2525';

/** Values that the chart must take, as the schema describes them. */
export function randomValues(schema: JsonSchema, chance: Chance): Values {
  const values = randomSection(schema, '', chance);
  values['hostname'] = pick(['mx.example.com', 'mail-1.relay.example.org'], chance);
  return withoutContradictions(values, chance);
}

function randomSection(schema: JsonSchema, path: string, chance: Chance): Values {
  const required = schema.required ?? [];
  const chosen = Object.entries(schema.properties ?? {}).filter(([name, node]) => {
    if (required.includes(name)) return true;
    return chance() < (node.properties ? 0.5 : SET_CHANCE);
  });
  return Object.fromEntries(
    chosen.map(([name, node]) => [
      name,
      randomValue(node, path === '' ? name : `${path}.${name}`, chance),
    ]),
  );
}

function randomValue(node: JsonSchema, path: string, chance: Chance): unknown {
  const sample = SAMPLES.find(([pattern]) => pattern.test(path));
  if (node.properties) return randomSection(node, path, chance);
  if (node.enum) return pick(node.enum, chance);
  if (node.type === 'boolean') return chance() < 0.5;
  if (node.type === 'integer') {
    const { minimum = 0, maximum = INTEGER_MAX } = node;
    const most = Math.min(maximum, Math.max(minimum, INTEGER_MAX));
    return minimum + Math.floor(chance() * (most - minimum + 1));
  }
  if (node.type === 'number') {
    const { minimum = 0, maximum = 1 } = node;
    return minimum + chance() * (maximum - minimum);
  }
  if (node.type === 'array') {
    const { items = {}, minItems = 0 } = node;
    const length = minItems + Math.floor(chance() * LIST_MAX);
    return Array.from({ length }, () => randomValue(items, `${path}[]`, chance));
  }
  return sample ? pick(sample[1], chance) : ANY_TEXT;
}

/** What is right alone and wrong together is set right: the chart refuses it, which has tests of its own. */
function withoutContradictions(values: Values, chance: Chance): Values {
  const at = (path: string): Values => sectionAt(values, path.split('.'));
  const allInOne = at('allInOne');
  allInOne['enabled'] = chance() < 0.3;
  if (allInOne['enabled'] !== true) {
    at('database')['existingSecret'] = 'mail-database';
    at('operator')['existingSecret'] = 'mail-operator';
  }
  if (at('tls.certManager')['enabled'] === true) delete at('tls')['existingSecret'];
  if (at('tls.certManager')['enabled'] === true) at('tls.certManager')['issuerName'] = 'letters';
  if (at('web.gateway')['enabled'] === true)
    at('web.gateway')['parentRefs'] = [{ name: 'outside' }];
  const delivery = at('config.delivery');
  delivery['retryMinMs'] = 1_000;
  delivery['retryMaxMs'] = 2_000;
  const log = at('config.log');
  log['lanes'] = 16 + Math.floor(chance() * 100);
  if (log['kind'] === 'kafka') at('config.log.kafka')['brokers'] = ['kafka-0.kafka:9092'];
  setKafkaUser(at, chance);
  delete at('config.grpc')['targets'];
  for (const name of ['ingress', 'delivery']) {
    const scaling = at(`services.${name}.autoscaling`);
    scaling['minReplicas'] = 1 + Math.floor(chance() * 3);
    scaling['maxReplicas'] = 4 + Math.floor(chance() * 12);
    if (name === 'delivery') scaling['prometheusAddress'] = 'http://prometheus:9090';
  }
  const ports = at('networkPolicy');
  at('config.smtp')['proxyNetworks'] = ['10.0.0.0/8'];
  ports['proxyFrom'] = [{ namespaceSelector: {} }];
  delivery['remotePort'] = 25;
  ports['databasePort'] = 5_432;
  ports['nextHopPorts'] = [2_525];
  return values;
}

/** By TLS or plain, as a user or nobody: with what each of them needs, and no more. */
function setKafkaUser(at: (path: string) => Values, chance: Chance): void {
  const enabled = chance() < 0.5;
  const mechanisms = ['none', 'scram-sha-256', 'scram-sha-512', ...(enabled ? ['plain'] : [])];
  const mechanism = pick(mechanisms, chance);
  at('config.log.kafka')['tls'] = { enabled };
  at('config.log.kafka')['sasl'] =
    mechanism === 'none' ? { mechanism } : { mechanism, username: 'relay' };
  const kafka = at('kafka');
  const hasCertificate = enabled && chance() < 0.5;
  if (!enabled) delete kafka['caSecret'];
  kafka['certKey'] = hasCertificate ? 'user.crt' : '';
  kafka['keyKey'] = hasCertificate ? 'user.key' : '';
  if (hasCertificate || mechanism !== 'none') kafka['existingSecret'] = 'kafka-user';
  else delete kafka['existingSecret'];
}

function sectionAt(values: Values, path: readonly string[]): Values {
  const [name, ...rest] = path;
  if (name === undefined) return values;
  return sectionAt((values[name] ??= {}) as Values, rest);
}

function pick<Item>(items: readonly Item[], chance: Chance): Item {
  const item = items[Math.floor(chance() * items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}
