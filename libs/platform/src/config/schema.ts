import { z } from 'zod';
import {
  addresses,
  choice,
  flag,
  hostPorts,
  integer,
  networks,
  optionalHostPort,
  optionalText,
  optionalUrl,
  port,
  portWithoutDefault,
  share,
  text,
} from './field.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const KIB = 1_024;
const MB = 1_000_000;

/** The services of the relay, by the names used in `staffetta start` and `grpc.targets`. */
export const SERVICE_NAMES = [
  'resolver',
  'router',
  'delivery',
  'mailbox',
  'events',
  'ingress',
  'api',
  'dashboard',
] as const;

/** The name of one service. */
export type ServiceName = (typeof SERVICE_NAMES)[number];

const smtp = z.strictObject({
  mxPort: port(2525, 'Port of the MX door, for mail from other servers'),
  submissionPort: port(2587, 'Port of submission with STARTTLS (RFC 6409)'),
  submissionsPort: port(2465, 'Port of submission over TLS (RFC 8314)'),
  proxyMxPort: port(0, 'Port of the MX door behind a balancer that speaks the PROXY protocol'),
  proxySubmissionPort: port(0, 'The same of submission with STARTTLS'),
  proxySubmissionsPort: port(0, 'The same of submission over TLS'),
  proxyNetworks: networks(
    'Networks of the balancers: only they may come to these ports, with a PROXY header of version 1 or 2, whose address then is the client.',
  ),
  relayNetworks: networks('Networks that may relay without AUTH, by any of the SMTP doors.'),
  relayTenant: text('default', 'Tenant to which the mail of smtp.relayNetworks belongs.'),
  sizeBytes: integer(50 * MB, 'Largest message that is taken, announced by SIZE (RFC 1870).', {
    min: 64 * KIB,
  }),
  recipientsMax: integer(
    1_000,
    'Recipients of one transaction; RFC 5321 §4.5.3.1.8 asks for 100.',
    {
      min: 100,
    },
  ),
  connectionsMax: integer(20_000, 'Connections of all SMTP doors at once.'),
  connectionsPerAddressMax: integer(
    200,
    'Connections at once from one address; an IPv6 /64 counts as one address.',
  ),
  idleMs: integer(5 * MINUTE_MS, 'Longest silence of a client (RFC 5321 §4.5.3.2.7).', {
    min: 1_000,
  }),
  errorsMax: integer(50, 'Refused commands after which a session is ended with 421.'),
  commandsMax: integer(10_000_000, 'Commands after which a session is ended with 421.'),
  memoryBytes: integer(256 * MB, 'Bytes of mail being taken in; past it new DATA gets 452.', {
    min: MB,
  }),
});

const delivery = z.strictObject({
  remotePort: integer(25, 'Port of other SMTP servers.', { max: 65_535 }),
  nextHop: optionalHostPort('none: MX hosts', 'Smart host for all mail, HOST or HOST:PORT.'),
  connectionsMax: integer(2_000, 'Connections of this process to other servers at once.'),
  connectionsPerSiteMax: integer(20, 'Connections to one site at once, across all workers.'),
  messagesPerSecondPerSite: integer(
    0,
    'Messages to one site in any second as its servers count them, across all workers; 0 for no limit.',
    { min: 0 },
  ),
  messagesPerConnectionMax: integer(1_000, 'Messages after which a connection is replaced.'),
  memoryBytes: integer(256 * MB, 'Bytes of mail in the ready queues; past it mail is parked.', {
    min: MB,
  }),
  readyPerSiteMax: integer(2_000, 'Messages in the ready queue of one site; the rest is parked.'),
  retryMinMs: integer(5 * MINUTE_MS, 'Wait after the first failed attempt.'),
  retryMaxMs: integer(4 * HOUR_MS, 'Longest wait between two attempts.'),
  expiresMs: integer(5 * DAY_MS, 'Life of a message; then its sender gets a DSN.'),
  delayNoticeMs: integer(
    4 * HOUR_MS,
    'Delay after which a sender who asked for it (NOTIFY=DELAY, RFC 3461) is told once; 0 for never.',
    { min: 0 },
  ),
  allowLoopback: flag(
    false,
    'Deliver to MX hosts on loopback addresses, which are a loop outside tests.',
  ),
});

const mailbox = {
  imap: z.strictObject({
    port: port(2143, 'Port of IMAP with STARTTLS'),
    tlsPort: port(2993, 'Port of IMAP over TLS'),
    connectionsMax: integer(20_000, 'Connections of both IMAP doors at once.'),
    idleMs: integer(
      31 * MINUTE_MS,
      'Longest silence of a client (RFC 9051 §5.4: 30 min or more).',
      {
        min: 1_000,
      },
    ),
  }),
  pop3: z.strictObject({
    port: port(2110, 'Port of POP3 with STLS'),
    tlsPort: port(2995, 'Port of POP3 over TLS'),
    connectionsMax: integer(20_000, 'Connections of both POP3 doors at once.'),
    idleMs: integer(10 * MINUTE_MS, 'Longest silence of a client (RFC 1939 §3: 10 min or more).', {
      min: 1_000,
    }),
  }),
  lmtp: z.strictObject({
    port: port(2424, 'Port of LMTP (RFC 2033), by which other relays hand in local mail'),
    idleMs: integer(5 * MINUTE_MS, 'Longest silence of a client.', { min: 1_000 }),
  }),
};

const web = {
  api: z.strictObject({
    port: port(8025, 'Port of the HTTP email API'),
    bodyBytes: integer(64 * MB, 'Largest request body.', { min: 64 * KIB }),
  }),
  dashboard: z.strictObject({
    port: port(8080, "Port of the operators' dashboard and of the admin API"),
    adminPasswordFile: optionalText(
      'a random password, shown once',
      "File with the first operator's password (its first line).",
    ),
  }),
  admin: z.strictObject({
    url: optionalUrl(
      ['http', 'https'],
      "the dashboard's port",
      'Address of the admin API that the command line asks.',
    ),
    tokenFile: optionalText(
      '`<dataDir>/admin-token`',
      'File with the token of the admin API, mode 0600.',
    ),
  }),
};

const kafka = {
  tls: z.strictObject({
    enabled: flag(false, 'TLS to the Kafka brokers, whose certificates must be for their names.'),
    caFile: optionalText(
      'the public authorities that Node.js knows',
      'Who signs the certificates of the brokers, PEM.',
    ),
    certFile: optionalText('none', 'Certificate that is shown to the brokers, PEM.'),
    keyFile: optionalText('none', 'Its private key, PEM.'),
  }),
  sasl: z.strictObject({
    mechanism: choice(
      ['none', 'plain', 'scram-sha-256', 'scram-sha-512'],
      'none',
      'How a user is proven to the Kafka brokers; plain only with TLS.',
    ),
    username: optionalText('none', 'Name of the user.'),
    passwordFile: optionalText('none', 'File with the password of the user (its first line).'),
  }),
};

const storage = {
  log: z.strictObject({
    kind: choice(['postgres', 'kafka'], 'postgres', 'Where mail moves: PostgreSQL or Kafka.'),
    lanes: integer(64, 'Lanes of outbound mail; fixed when the log is made.', { max: 4_096 }),
    keepMs: integer(DAY_MS, 'What a Kafka log keeps behind its slowest reader.', { min: 0 }),
    inlineBodyBytes: integer(256 * KIB, 'Largest body inside a record; a larger one is a blob.', {
      max: 1_000_000,
    }),
    kafka: z
      .strictObject({
        brokers: hostPorts('none', 'Kafka brokers, host:port; needed with log.kind kafka.'),
        replicationFactor: integer(
          3,
          'Copies of each record in Kafka, all but one of them in sync; 1 for a single broker.',
          { max: 7 },
        ),
        tls: kafka.tls.prefault({}),
        sasl: kafka.sasl.prefault({}),
      })
      .prefault({}),
  }),
  database: z.strictObject({
    url: optionalUrl(
      ['postgresql', 'postgres'],
      'embedded: a PostgreSQL under the data folder',
      'PostgreSQL to use, as postgresql://user:password@host:port/database.',
      { secret: true },
    ),
    connectionsMax: integer(24, 'Connections of this process to PostgreSQL.', { min: 8 }),
  }),
  blobs: z.strictObject({
    kind: choice(
      ['postgres', 's3', 'fs'],
      'postgres',
      'Where large and parked bodies are kept; fs is for all-in-one only.',
    ),
    s3: z
      .strictObject({
        endpoint: optionalUrl(['http', 'https'], "Amazon's", 'Address of the S3 service.'),
        region: optionalText('none', 'Region of the bucket.'),
        bucket: optionalText('none', 'Bucket in which blobs are kept.'),
        accessKeyId: optionalText('none', 'Access key.'),
        secretAccessKey: optionalText('none', 'Secret of the access key.', { secret: true }),
      })
      .prefault({}),
  }),
  storage: z.strictObject({
    minFreePercent: integer(
      10,
      'Free disk to keep, in percent; the smaller of the two counts, below it doors answer 452.',
      { min: 0, max: 90 },
    ),
    minFreeBytes: integer(
      1_000 * MB,
      'Free disk to keep, in bytes; the smaller of the two counts, below it doors answer 452.',
      { min: 0 },
    ),
  }),
};

const targets = z.strictObject(
  Object.fromEntries(
    SERVICE_NAMES.map((name) => [
      name,
      optionalHostPort('from the instances table', `Where ${name} answers gRPC, host:port.`),
    ]),
  ) as Record<ServiceName, ReturnType<typeof optionalHostPort>>,
);

/** Every configuration key, with its type, default and meaning. The reference is generated from it. */
export const configSchema = z.strictObject({
  hostname: optionalText(
    "the machine's, if it is a full domain name; else EHLO has an address literal",
    'Host name in EHLO, in the banner and in Received fields.',
  ),
  listen: addresses(
    '`127.0.0.1,::1` (the second only where there is IPv6)',
    'Addresses on which every door listens.',
  ),
  dataDir: text('./data', 'Data folder.'),
  instanceName: optionalText(
    "the machine's name and a hash of the data folder",
    'Name of this process among those that share a database.',
  ),
  drainMs: integer(30_000, 'Longest time to drain at SIGTERM before what is open is given up.', {
    min: 0,
  }),
  smtp: smtp.prefault({}),
  delivery: delivery.prefault({}),
  dns: z
    .strictObject({
      servers: hostPorts(
        "the system's",
        'DNS servers, host:port or [v6]:port; the port may be left out.',
      ),
    })
    .prefault({}),
  imap: mailbox.imap.prefault({}),
  pop3: mailbox.pop3.prefault({}),
  lmtp: mailbox.lmtp.prefault({}),
  api: web.api.prefault({}),
  dashboard: web.dashboard.prefault({}),
  admin: web.admin.prefault({}),
  log: storage.log.prefault({}),
  database: storage.database.prefault({}),
  blobs: storage.blobs.prefault({}),
  storage: storage.storage.prefault({}),
  tls: z
    .strictObject({
      certFile: optionalText('self-signed, in the data folder', 'Certificate chain, PEM.'),
      keyFile: optionalText('self-signed, in the data folder', 'Private key, PEM.'),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      port: port(9464, 'Port of /livez, /readyz and /metrics'),
      logLevel: choice(
        ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
        'info',
        'Least level of the log lines on stderr.',
      ),
      tracesSampled: share(
        0.01,
        'Part of the messages whose way is told to telemetry.otlp.endpoint; submitters of the API may say it of theirs.',
      ),
      otlp: z
        .strictObject({
          endpoint: optionalUrl(
            ['http', 'https'],
            'none: no traces',
            'Collector of OpenTelemetry that takes OTLP/HTTP; traces go to `<endpoint>/v1/traces`.',
          ),
          headersFile: optionalText(
            'none',
            'File with header fields for the collector (a key, say), `name: value` a line.',
          ),
        })
        .prefault({}),
    })
    .prefault({}),
  trace: z
    .strictObject({
      retentionDays: integer(30, 'Days for which events and the addresses in them are kept.'),
    })
    .prefault({}),
  grpc: z
    .strictObject({
      port: portWithoutDefault(
        '0 (direct calls) when all services run in one process, 9465 for a service alone',
        'Port of gRPC; 0 turns it off.',
      ),
      targets: targets.prefault({}),
      tls: z
        .strictObject({
          certFile: optionalText('none: plain', 'Certificate of this service, PEM.'),
          keyFile: optionalText('none: plain', 'Its private key, PEM.'),
          caFile: optionalText(
            'none: who asks shows no certificate, and trusts those of the system',
            'Who signs the certificates of the services, PEM; with it both ends have to show one.',
          ),
          serverName: optionalText(
            'the host of `grpc.targets.<service>`, else the name of the service',
            'Name that the certificates of the services are checked for.',
          ),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** The configuration as it stands in the file and the environment, with the fixed defaults. */
export type RawConfig = z.output<typeof configSchema>;
