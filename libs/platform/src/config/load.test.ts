import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ConfigError } from './config-error.ts';
import { describeConfig } from './describe.ts';
import { FIELDS, variableOf } from './fields.ts';
import { loadConfig } from './load.ts';
import { keyOfPort } from './ports.ts';
import { redactConfig } from './redact.ts';
import { isFullDomainName, withGrpcPort } from './resolve.ts';
import type { Machine } from './resolve.ts';
import { SERVICE_NAMES } from './schema.ts';

const MACHINE: Machine = {
  hostname: 'mail.example.org',
  hasIPv6Loopback: false,
  nameservers: ['192.0.2.53', '2001:db8::53'],
};

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'staffetta-config-'));
});
after(() => rm(folder, { recursive: true }));

function load(env: Record<string, string> = {}) {
  return loadConfig(env, folder, MACHINE);
}

async function withFile(content: string): Promise<Record<string, string>> {
  const file = join(folder, 'given.yaml');
  await writeFile(file, content);
  return { STAFFETTA_CONFIG: file };
}

function problemsOf(env: Record<string, string>): string {
  try {
    load(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail('the configuration was taken');
}

describe('defaults', () => {
  test('come from the schema and from the machine', () => {
    const config = load();
    assert.equal(config.smtp.mxPort, 2525);
    assert.equal(config.hostname, 'mail.example.org');
    assert.deepEqual(config.listen, ['127.0.0.1']);
    assert.equal(config.dataDir, join(folder, 'data'));
    assert.equal(config.admin.url, 'http://127.0.0.1:8080');
    assert.equal(config.admin.tokenFile, join(folder, 'data', 'admin-token'));
    assert.deepEqual(config.dns.servers, [
      { host: '192.0.2.53', port: 53 },
      { host: '2001:db8::53', port: 53 },
    ]);
  });

  test('a machine without a full domain name leaves the host name open', () => {
    assert.equal(loadConfig({}, folder, { ...MACHINE, hostname: 'vm' }).hostname, undefined);
  });

  test('two data folders make two instance names', () => {
    const other = load({ STAFFETTA_DATA_DIR: '/elsewhere' });
    assert.notEqual(load().instanceName, other.instanceName);
  });
});

describe('variables', () => {
  test('are named by the rule, broken before a capital only', () => {
    assert.equal(variableOf(['smtp', 'mxPort']), 'STAFFETTA_SMTP_MX_PORT');
    assert.equal(variableOf(['pop3', 'tlsPort']), 'STAFFETTA_POP3_TLS_PORT');
    assert.equal(variableOf(['dataDir']), 'STAFFETTA_DATA_DIR');
    assert.equal(new Set(FIELDS.map(({ variable }) => variable)).size, FIELDS.length);
  });

  test('win over the file', async () => {
    const env = await withFile('smtp:\n  mxPort: 25\n  sizeBytes: 1000000\n');
    const config = load({ ...env, STAFFETTA_SMTP_MX_PORT: '26' });
    assert.equal(config.smtp.mxPort, 26);
    assert.equal(config.smtp.sizeBytes, 1_000_000);
  });

  test('lists have commas, and host:port lists take IPv6 in brackets', () => {
    const config = load({
      STAFFETTA_LISTEN: '127.0.0.2, ::1',
      STAFFETTA_DNS_SERVERS: '127.0.0.1:5353,[::1]:54,192.0.2.1',
      STAFFETTA_SMTP_RELAY_NETWORKS: '10.0.0.0/8,2001:db8::/32,192.0.2.7',
      STAFFETTA_DELIVERY_NEXT_HOP: '127.0.0.1',
      STAFFETTA_DELIVERY_REMOTE_PORT: '2526',
    });
    assert.deepEqual(config.listen, ['127.0.0.2', '::1']);
    assert.deepEqual(config.dns.servers, [
      { host: '127.0.0.1', port: 5353 },
      { host: '::1', port: 54 },
      { host: '192.0.2.1', port: 53 },
    ]);
    assert.deepEqual(config.smtp.relayNetworks, ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
    assert.deepEqual(config.delivery.nextHop, { host: '127.0.0.1', port: 2526 });
  });

  test('an empty one means none, where none is a value', async () => {
    const env = await withFile(
      'smtp:\n  relayNetworks: [10.0.0.0/8]\ndelivery:\n  nextHop: relay.example.org\n',
    );
    const config = load({
      ...env,
      STAFFETTA_SMTP_RELAY_NETWORKS: '',
      STAFFETTA_DELIVERY_NEXT_HOP: '',
    });
    assert.deepEqual(config.smtp.relayNetworks, []);
    assert.equal(config.delivery.nextHop, undefined);
  });

  test('those of tests are not keys', () => {
    load({ STAFFETTA_TEST_CORPUS: '/corpus', OTHER: 'x' });
  });
});

describe('what is wrong is named', () => {
  test('every wrong value at once, by key and variable', () => {
    const problems = problemsOf({
      STAFFETTA_SMTP_MX_PORT: 'x',
      STAFFETTA_LOG_LANES: '0',
      STAFFETTA_DELIVERY_ALLOW_LOOPBACK: 'yes',
      STAFFETTA_LISTEN: '127.0.0.1,foo',
      STAFFETTA_TELEMETRY_TRACES_SAMPLED: '1e-3',
    });
    assert.match(problems, /^smtp\.mxPort \(STAFFETTA_SMTP_MX_PORT\): "x" is not a whole number$/m);
    assert.match(problems, /^log\.lanes \(STAFFETTA_LOG_LANES\): 0 /m);
    assert.match(problems, /^delivery\.allowLoopback \(.*\): "yes" is neither true nor false$/m);
    assert.match(problems, /^telemetry\.tracesSampled \(.*\): "1e-3" is not a number$/m);
    const beyond = problemsOf({ STAFFETTA_TELEMETRY_TRACES_SAMPLED: '1.5' });
    assert.match(beyond, /^telemetry\.tracesSampled \(.*\): 1\.5 /m);
    assert.match(problems, /^listen \(STAFFETTA_LISTEN\): "foo" is not an IP address$/m);
  });

  test('unknown keys, in the file and in the environment', async () => {
    const env = await withFile('smtp:\n  mxport: 25\nfoo: 1\n');
    const problems = problemsOf({ ...env, STAFFETTA_SMPT_PORT: '1' });
    assert.match(problems, /^smtp\.mxport: there is no such key$/m);
    assert.match(problems, /^foo: there is no such key$/m);
    assert.match(problems, /^STAFFETTA_SMPT_PORT: there is no such key$/m);
  });

  test('wrong types in the file, a file that is no YAML, one that is missing', async () => {
    assert.match(problemsOf(await withFile('smtp:\n  mxPort: "25"\n')), /^smtp\.mxPort: /);
    assert.match(problemsOf(await withFile('smtp: 25\n')), /^smtp: /);
    assert.match(problemsOf(await withFile('smtp: {\n')), /^STAFFETTA_CONFIG: .*given\.yaml: /);
    assert.match(problemsOf(await withFile('- a\n')), /is not a mapping/);
    assert.match(problemsOf({ STAFFETTA_CONFIG: 'missing.yaml' }), /^STAFFETTA_CONFIG: .*missing/);
  });

  test('variables that Kubernetes sets for its Services', () => {
    const problems = problemsOf({
      STAFFETTA_API_PORT: 'tcp://10.0.0.1:8025',
      STAFFETTA_API_SERVICE_HOST: '10.0.0.1',
      STAFFETTA_API_PORT_8025_TCP_ADDR: '10.0.0.1',
    });
    assert.equal(problems.match(/enableServiceLinks: false/g)?.length, 3);
  });

  test('values that contradict each other', () => {
    assert.match(problemsOf({ STAFFETTA_TLS_CERT_FILE: 'a' }), /^tls\.certFile and tls\.keyFile/);
    assert.match(problemsOf({ STAFFETTA_LOG_KIND: 'kafka' }), /^log\.kafka\.brokers/);
    assert.match(problemsOf({ STAFFETTA_DELIVERY_RETRY_MAX_MS: '1' }), /^delivery\.retryMaxMs/);
    assert.match(problemsOf({ STAFFETTA_GRPC_TLS_KEY_FILE: 'a' }), /^grpc\.tls\.certFile and/);
    assert.match(problemsOf({ STAFFETTA_GRPC_TLS_CA_FILE: 'a' }), /^grpc\.tls\.caFile/);
    const ports = {
      STAFFETTA_SMTP_PROXY_MX_PORT: '26',
      STAFFETTA_SMTP_PROXY_SUBMISSIONS_PORT: '27',
    };
    assert.equal(
      problemsOf(ports),
      'smtp.proxyMxPort: is set without smtp.proxyNetworks\nsmtp.proxySubmissionsPort: is set without smtp.proxyNetworks',
    );
    const config = load({ ...ports, STAFFETTA_SMTP_PROXY_NETWORKS: '10.0.0.0/8' });
    assert.deepEqual(config.smtp.proxyNetworks, ['10.0.0.0/8']);
  });
});

test('an empty section is a section of defaults', async () => {
  assert.equal(load(await withFile('smtp:\n#  mxPort: 1\n')).smtp.mxPort, 2525);
});

test('secrets are hidden in logs', () => {
  const config = load({
    STAFFETTA_DATABASE_URL: 'postgresql://relay:s3cret@db/mail',
    STAFFETTA_BLOBS_S3_SECRET_ACCESS_KEY: 's3cret',
  });
  assert.equal(config.database.url, 'postgresql://relay:s3cret@db/mail');
  const redacted = redactConfig(config);
  assert.equal(redacted.database.url, 'postgresql://relay:[hidden]@db/mail');
  assert.doesNotMatch(JSON.stringify(redacted), /s3cret/);
});

test('gRPC has a port in a service alone, none where all run in one, and the one that is set', () => {
  assert.equal(withGrpcPort(load(), ['resolver']).grpc.port, 9465);
  assert.equal(withGrpcPort(load(), SERVICE_NAMES).grpc.port, 0);
  const set = load({ STAFFETTA_GRPC_PORT: '1234' });
  assert.equal(withGrpcPort(set, SERVICE_NAMES).grpc.port, 1234);
  assert.equal(keyOfPort(withGrpcPort(load(), ['router']), 9465), 'grpc.port');
});

test('where services answer gRPC, and the files of its TLS', () => {
  const { grpc } = load({
    STAFFETTA_GRPC_TARGETS_RESOLVER: 'resolver.mail',
    STAFFETTA_GRPC_TLS_CERT_FILE: 'cert.pem',
    STAFFETTA_GRPC_TLS_KEY_FILE: 'key.pem',
  });
  assert.deepEqual(grpc.targets.resolver, { host: 'resolver.mail', port: 9465 });
  assert.equal(grpc.targets.router, undefined);
  assert.equal(grpc.tls.certFile, join(folder, 'cert.pem'));
});

test('TLS and SASL to Kafka are whole, or what is missing is named', () => {
  const prefix = 'STAFFETTA_LOG_KAFKA_';
  const kafka = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
  const tls = { TLS_ENABLED: 'true', TLS_CERT_FILE: 'user.crt', TLS_KEY_FILE: 'user.key' };
  const user = { SASL_USERNAME: 'relay', SASL_PASSWORD_FILE: 'password' };
  const { log } = load(kafka({ ...tls, ...user, SASL_MECHANISM: 'scram-sha-512' }));
  assert.equal(log.kafka.tls.keyFile, join(folder, 'user.key'));
  assert.equal(log.kafka.sasl.passwordFile, join(folder, 'password'));
  assert.equal(load(kafka({ ...user, SASL_MECHANISM: 'scram-sha-256' })).log.kind, 'postgres');

  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ TLS_ENABLED: 'true', TLS_CERT_FILE: 'a' }, /^log\.kafka\.tls\.certFile and .*keyFile: one/],
    [{ TLS_CA_FILE: 'a' }, /^log\.kafka\.tls\.caFile: .* without log\.kafka\.tls\.enabled$/],
    [{ ...tls, TLS_ENABLED: 'false' }, /^log\.kafka\.tls\.certFile.*\nlog\.kafka\.tls\.keyFile/],
    [user, /^log\.kafka\.sasl\.username: .* without .*\nlog\.kafka\.sasl\.passwordFile/],
    [
      { SASL_MECHANISM: 'scram-sha-512', SASL_USERNAME: 'a' },
      /^log\.kafka\.sasl\.passwordFile: is/,
    ],
    [
      { ...tls, SASL_MECHANISM: 'plain', SASL_PASSWORD_FILE: 'a' },
      /^log\.kafka\.sasl\.username: is/,
    ],
    [{ ...user, SASL_MECHANISM: 'plain' }, /^log\.kafka\.sasl\.mechanism: plain .*tls\.enabled$/],
    [{ ...user, SASL_MECHANISM: 'gssapi' }, /^log\.kafka\.sasl\.mechanism/],
  ];
  for (const [values, message] of wrong) assert.match(problemsOf(kafka(values)), message);
});

test('a port is known by its key', () => {
  assert.equal(keyOfPort(load(), 2465), 'smtp.submissionsPort');
  assert.equal(keyOfPort(load(), 1), undefined);
});

test('the reference names every key', () => {
  const reference = describeConfig();
  for (const { key, variable } of FIELDS) {
    assert.ok(reference.includes(`| \`${key}\` | \`${variable}\` |`), key);
  }
});

test('full domain names are told from host names and addresses', () => {
  for (const name of ['mail.example.org', 'a.b', 'x-1.example.xn--p1ai']) {
    assert.ok(isFullDomainName(name), name);
  }
  for (const name of ['vm', '10.0.0.1', 'x.local', 'a..b', '-a.example', 'localhost.localdomain']) {
    assert.ok(!isFullDomainName(name), name);
  }
});
