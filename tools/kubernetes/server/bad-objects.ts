/** Changes of what the chart makes for the worse; the server must see each of them. */

type Json = Record<string, unknown>;
/** Changes the spec of one object. */
type Change = (spec: Json) => void;

export const CHANGES: readonly (readonly [
  what: string,
  kind: string,
  change: Change,
  message: RegExp,
])[] = [
  [
    'a port of 70000',
    'Service',
    (spec) => (first(spec, 'ports')['port'] = 70_000),
    /70000: must be between 1 and 65535/,
  ],
  [
    'a policy of traffic that is none',
    'Service',
    (spec) => (spec['externalTrafficPolicy'] = 'Near'),
    /externalTrafficPolicy: Unsupported value: "Near"/,
  ],
  ['an unknown field', 'Deployment', (spec) => (spec['replica'] = 1), /spec\.replica\b/],
  [
    'another selector than it has',
    'Deployment',
    (spec) => {
      (spec['selector'] as { matchLabels: Json }).matchLabels['tier'] = 'mail';
      (spec['template'] as { metadata: { labels: Json } }).metadata.labels['tier'] = 'mail';
    },
    /selector: Invalid value.*field is immutable/,
  ],
  [
    'a container without an image',
    'Deployment',
    (spec) => (first(podOf(spec), 'containers')['image'] = ''),
    /image: Required value/,
  ],
  [
    'a budget by two measures',
    'PodDisruptionBudget',
    (spec) => (spec['minAvailable'] = 1),
    /minAvailable and maxUnavailable cannot be both set/,
  ],
  [
    'a rule with exp for expr',
    'PrometheusRule',
    (spec) => {
      const rule = first(first(spec, 'groups'), 'rules');
      rule['exp'] = rule['expr'];
      delete rule['expr'];
    },
    /\bexpr?\b/,
  ],
  [
    'an interval in words',
    'PodMonitor',
    (spec) => (first(spec, 'podMetricsEndpoints')['interval'] = 'often'),
    /interval: Invalid value: "often"/,
  ],
  [
    'a threshold of scaling that is a number',
    'ScaledObject',
    (spec) => ((first(spec, 'triggers')['metadata'] as Json)['threshold'] = 20_000),
    /triggers\[0\]\.metadata\.threshold/,
  ],
  [
    'a match of paths that is none',
    'HTTPRoute',
    (spec) => (spec['rules'] = [{ matches: [{ path: { type: 'Near', value: '/' } }] }]),
    /path\.type: Unsupported value: "Near"/,
  ],
  [
    'a certificate for no Secret',
    'Certificate',
    (spec) => delete spec['secretName'],
    /secretName: Required value/,
  ],
];

/** Of the spec of a pod. */
export const POD_CHANGES: readonly (readonly [what: string, change: Change, message: RegExp])[] = [
  [
    'a pod that may gain privileges',
    (spec) => (securityOf(spec)['allowPrivilegeEscalation'] = true),
    /allowPrivilegeEscalation != false/,
  ],
  [
    'a pod with capabilities',
    (spec) => (securityOf(spec)['capabilities'] = { add: ['NET_BIND_SERVICE'] }),
    /unrestricted capabilities/,
  ],
  [
    'a pod that may be root',
    (spec) => {
      delete securityOf(spec)['runAsNonRoot'];
      spec['securityContext'] = { seccompProfile: { type: 'RuntimeDefault' } };
    },
    /runAsNonRoot != true/,
  ],
  [
    'a pod without a seccomp profile',
    (spec) => delete (spec['securityContext'] as Json)['seccompProfile'],
    /seccompProfile/,
  ],
  ['a pod on the network of its node', (spec) => (spec['hostNetwork'] = true), /host namespaces/],
  [
    'a pod with a folder of its node',
    (spec) => (spec['volumes'] as unknown[]).push({ name: 'node', hostPath: { path: '/' } }),
    /restricted volume types/,
  ],
];

function podOf(spec: Json): Json {
  return (spec['template'] as { spec: Json }).spec;
}

function securityOf(spec: Json): Json {
  return first(spec, 'containers')['securityContext'] as Json;
}

/** The first of a list in a field. */
function first(from: Json, field: string): Json {
  return (from[field] as [Json])[0];
}
