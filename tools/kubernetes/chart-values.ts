import { SERVICE_NAMES } from '@staffetta/platform';
import type { ServiceName } from '@staffetta/platform';
import { configValues } from './config-values.ts';
import {
  choice,
  flag,
  integer,
  kubernetesObject,
  list,
  section,
  text,
  texts,
} from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';

const PORT_MAX = 65_535;
const REPLICAS_MAX = 1_000;
const DOMAIN_NAME =
  '^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$';
const OPTIONAL_DOMAIN_NAME = `^$|${DOMAIN_NAME}`;
const OBJECT_NAME = '^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$';
const SECRET_KEY = '^[A-Za-z0-9._-]{1,253}$';
const OPTIONAL_SECRET_KEY = `^$|${SECRET_KEY}`;
const MEMORY = '^[1-9][0-9]{0,6}(Mi|Gi)$';
const CPU = '^([1-9][0-9]{0,5}m|[1-9][0-9]{0,3}|[0-9]{1,3}\\.[0-9]{1,3})$';
const CIDR = '^([0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)/[0-9]{1,3}$';

const peers = (description: string): JsonSchema =>
  list(description, kubernetesObject('A NetworkPolicyPeer.'));

const resources = section('', {
  requests: section('', {
    cpu: text('CPU that is kept for a pod.', CPU),
    memory: text('Memory that is kept for a pod.', MEMORY),
  }),
  limits: {
    ...section('', {
      cpu: text(
        'Most CPU of a pod; none by default, since a throttled relay keeps others waiting.',
        CPU,
      ),
      memory: text(
        'Most memory of a pod, in Mi or Gi; the heap of Node is three quarters of it.',
        MEMORY,
      ),
    }),
    required: ['memory'],
  },
});

const placement: Readonly<Record<string, JsonSchema>> = {
  podLabels: texts('More labels of the pods.'),
  podAnnotations: texts('More annotations of the pods.'),
  nodeSelector: texts('Labels that a node must have.'),
  tolerations: list('Taints of nodes that are tolerated.', kubernetesObject('A Toleration.')),
  affinity: kubernetesObject('Affinity of the pods, beside the spread over hosts and zones.'),
  priorityClassName: text('Name of a PriorityClass.', OBJECT_NAME),
};

const scaling: Readonly<Record<string, JsonSchema>> = {
  enabled: flag('Let the number of pods follow the load; `replicas` is not used then.'),
  minReplicas: integer('Fewest pods.', 1, REPLICAS_MAX),
  maxReplicas: integer(
    'Most pods; of delivery never more than `config.log.lanes`.',
    1,
    REPLICAS_MAX,
  ),
  keepReplicas: flag(
    'Write the number that runs now into the Deployment; `false` leaves it out, for tools that apply what they rendered without a cluster, and only after autoscaling has been on for one upgrade.',
  ),
};

const autoscaling: Partial<Record<ServiceName, JsonSchema>> = {
  ingress: section('', {
    ...scaling,
    cpuPercent: integer('CPU, in percent of what is requested, at which pods are added.', 1, 1_000),
  }),
  delivery: section('', {
    ...scaling,
    by: choice(
      'Who asks Prometheus: `keda`, or an adapter of `external` metrics that is there already.',
      ['keda', 'external'],
    ),
    prometheusAddress: text('Address of Prometheus, for KEDA.', '^(https?://.+)?$'),
    query: text(
      'What KEDA asks Prometheus: records and scheduled recipients that wait for a worker. A template.',
    ),
    externalMetric: text('Name of the external metric.', '^[A-Za-z_:][A-Za-z0-9_:]*$'),
    waitingPerWorker: integer('How many of them make one more worker.', 1, 1e9),
  }),
};

function service(name: ServiceName): JsonSchema {
  const scale = autoscaling[name];
  return section('', {
    enabled: flag('Whether the service runs in this release.'),
    replicas: integer('Pods.', 0, REPLICAS_MAX),
    maxUnavailable: integer(
      'Pods that a drain of nodes may take at once; with one pod there is no budget.',
      1,
      REPLICAS_MAX,
    ),
    resources,
    ...placement,
    ...(scale ? { autoscaling: scale } : {}),
  });
}

const exposed = section('', {
  type: choice('Type of the Service.', ['LoadBalancer', 'NodePort', 'ClusterIP']),
  externalTrafficPolicy: choice(
    '`Local` keeps the address of the client, without which SPF, limits and relay networks judge the node; `Cluster` loses it.',
    ['Local', 'Cluster'],
  ),
  annotations: texts('Annotations of the Service, for the cloud.'),
  loadBalancerClass: text('Class of the load balancer.'),
  loadBalancerSourceRanges: list(
    'Networks from which the load balancer takes connections.',
    text('', CIDR),
  ),
});

const door = (what: string): JsonSchema => flag(`Whether there is ${what}.`);

/** Every value of the chart. What it describes is complete: an unknown key is refused. */
export function chartValues(): JsonSchema {
  const values = section('Values of the chart staffetta.', {
    hostname: text(
      'Required: the full domain name in EHLO, in the banner and in Received fields; its PTR record must say the same.',
      DOMAIN_NAME,
    ),
    global: kubernetesObject('Values that charts share which have this one as a part; not used.'),
    fullnameOverride: text(
      'Name of the objects, instead of one made from the release.',
      OBJECT_NAME,
    ),
    image: section('', {
      repository: { ...text('Image of all services.'), minLength: 1 },
      tag: text("Its tag; the chart's appVersion by default."),
      digest: text('Its digest, which wins over the tag.', '^(sha256:[0-9a-f]{64})?$'),
      pullPolicy: choice('When it is pulled.', ['Always', 'IfNotPresent', 'Never']),
      pullSecrets: list('Names of Secrets with which it is pulled.', text('', OBJECT_NAME)),
    }),
    config: configValues(),
    doors: section('', {
      mx: door('the MX door, 25'),
      submission: door('submission with STARTTLS, 587'),
      submissions: door('submission over TLS, 465'),
      proxyMx: door(
        'the MX door behind a balancer that speaks the PROXY protocol, 25 of a Service of its own; with `config.smtp.proxyNetworks`',
      ),
      proxySubmission: door('the same of submission with STARTTLS, 587'),
      proxySubmissions: door('the same of submission over TLS, 465'),
      imap: door('IMAP, 143 and 993'),
      pop3: door('POP3, 110 and 995'),
      lmtp: door('LMTP, 24, inside the cluster'),
      api: door('the HTTP email API'),
      dashboard: door('the dashboard, with the admin API that the command line asks'),
    }),
    database: section('', {
      existingSecret: text(
        'Name of the Secret with the address of PostgreSQL; needed but for all in one pod.',
        OBJECT_NAME,
      ),
      urlKey: text('Its key: `postgresql://user:password@host:port/database`.', SECRET_KEY),
    }),
    operator: section('', {
      existingSecret: text(
        'Name of the Secret with the password of the first operator, `admin`; needed but for all in one pod, where one is made.',
        OBJECT_NAME,
      ),
      passwordKey: text('Its key.', SECRET_KEY),
    }),
    kafka: section('', {
      caSecret: text(
        'Name of the Secret with who signs the certificates of the Kafka brokers; public authorities by default. Used with `config.log.kafka.tls.enabled`.',
        OBJECT_NAME,
      ),
      caKey: text('Its key.', SECRET_KEY),
      existingSecret: text(
        'Name of the Secret of the user as whom Kafka is used, with a password or a certificate or both; nobody by default.',
        OBJECT_NAME,
      ),
      passwordKey: text('Its key of the password, used with `config.log.kafka.sasl`.', SECRET_KEY),
      certKey: text('Its key of the certificate; none by default.', OPTIONAL_SECRET_KEY),
      keyKey: text('Its key of the private key of the certificate.', OPTIONAL_SECRET_KEY),
    }),
    tls: section('', {
      existingSecret: text(
        'Name of a Secret of type kubernetes.io/tls for all doors; a renewed one is taken over without a restart.',
        OBJECT_NAME,
      ),
      certManager: section('', {
        enabled: flag('Let cert-manager make it.'),
        issuerKind: choice('Kind of the issuer.', ['ClusterIssuer', 'Issuer']),
        issuerName: text('Name of the issuer.', OBJECT_NAME),
        dnsNames: list('Names beside `hostname`.', text('', DOMAIN_NAME)),
      }),
    }),
    grpcTls: section('', {
      existingSecret: text(
        'Name of a Secret with tls.crt, tls.key and ca.crt, by which services know each other; without it gRPC is plain inside the NetworkPolicy.',
        OBJECT_NAME,
      ),
    }),
    ipFamilyPolicy: choice('IP families of the Services.', [
      'PreferDualStack',
      'RequireDualStack',
      'SingleStack',
    ]),
    ipFamilies: list('Their order; the cluster chooses by default.', choice('', ['IPv4', 'IPv6'])),
    expose: section('', { smtp: exposed, proxy: exposed, mailbox: exposed }),
    web: section('', {
      apiHost: text(
        'Host name of the email API outside; empty: not outside.',
        OPTIONAL_DOMAIN_NAME,
      ),
      dashboardHost: text(
        'Host name of the dashboard outside; empty: not outside.',
        OPTIONAL_DOMAIN_NAME,
      ),
      ingress: section('', {
        enabled: flag('An Ingress for each of the two.'),
        className: text('Its class.', OBJECT_NAME),
        annotations: texts('Its annotations.'),
        tlsSecret: text('Name of the Secret with its certificate.', OBJECT_NAME),
      }),
      gateway: section('', {
        enabled: flag('An HTTPRoute (Gateway API) for each of the two.'),
        parentRefs: list('The gateways.', kubernetesObject('A ParentReference.')),
      }),
    }),
    networkPolicy: section('', {
      enabled: flag('Refuse all connections of the pods that are not needed.'),
      clientCidrs: list('Networks from which the mail doors take connections.', text('', CIDR), 1),
      proxyFrom: peers(
        'From where the doors of the PROXY protocol are reached: the balancers and nobody else, who could say to be any client. Needed with such a door.',
      ),
      webFrom: peers('From where the email API and the dashboard are reached.'),
      lmtpFrom: peers('From where LMTP is reached.'),
      metricsFrom: peers('From where the telemetry port is reached.'),
      databasePort: integer('Port of PostgreSQL.', 1, PORT_MAX),
      databaseTo: peers('Where PostgreSQL is; anywhere by default.'),
      kafkaPort: integer('Port of Kafka.', 1, PORT_MAX),
      kafkaTo: peers('Where Kafka is; anywhere by default.'),
      nextHopPorts: list(
        'More ports of other mail servers, where smart hosts or next hops of domains have their own.',
        integer('', 1, PORT_MAX),
      ),
      deliveryExcept: list(
        'Networks that delivery must not reach: those of the cluster, so that mail cannot be sent to its insides.',
        text('', CIDR),
      ),
      extraEgress: list(
        'More rules of egress for all services.',
        kubernetesObject('A NetworkPolicyEgressRule.'),
      ),
    }),
    migration: section('', {
      enabled: flag(
        'Bring the database to this version before pods roll; each process would do it at its start too.',
      ),
      as: choice(
        'A `hook` of Helm before install and upgrade, or a plain `job` for tools that know no hooks.',
        ['hook', 'job'],
      ),
      deadlineSeconds: integer('Time after which it has failed.', 10, 86_400),
      resources,
    }),
    podMonitor: section('', {
      enabled: flag('A PodMonitor of the Prometheus operator; left out where its CRD is missing.'),
      interval: text('How often the metrics are read.', '^[1-9][0-9]*(s|m)$'),
      labels: texts('Labels by which the operator finds it.'),
    }),
    prometheusRule: section('', {
      enabled: flag(
        'The recording rules and alerts of `ops/prometheus` as PrometheusRules; left out where the CRD is missing.',
      ),
      labels: texts('Labels by which the operator finds them.'),
      runbooksUrl: text(
        'Where your operators read `docs/runbooks`; each alert names its page there.',
        '^[^\\s"\\\\]+$',
      ),
    }),
    dashboards: section('', {
      enabled: flag('The dashboards of `ops/grafana` as ConfigMaps. They use the recording rules.'),
      labels: texts("Labels by which Grafana's sidecar finds them."),
      annotations: texts('Annotations, as the folder in Grafana.'),
    }),
    preStopSeconds: integer(
      "Time between the end of a pod's place in the Services and SIGTERM, which drains (`config.drainMs`).",
      0,
      300,
    ),
    allInOne: section('', {
      enabled: flag(
        'All services in one pod with one disk, and the embedded PostgreSQL unless `database` is set.',
      ),
      storage: section('', {
        size: text('Size of the PersistentVolumeClaim.', MEMORY),
        storageClass: text("Its class; the cluster's by default.", OBJECT_NAME),
      }),
      resources,
      ...placement,
    }),
    services: section('', Object.fromEntries(SERVICE_NAMES.map((name) => [name, service(name)]))),
  });
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...values, required: ['hostname'] };
}
