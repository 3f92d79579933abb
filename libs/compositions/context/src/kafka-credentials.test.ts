import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '@staffetta/platform';
import type { Config } from '@staffetta/platform';
import { startSecuredKafka, TEST_IDENTITY } from '@staffetta/testing';
import type { SecuredKafka } from '@staffetta/testing';
import { kafkaConnection, prepareKafka } from './kafka-topics.ts';

type Settings = Readonly<Record<string, string>>;

/** Brokers are there: what does not work at once does not work. */
const NO_WAIT_MS = 0;
const TRUST = { TLS_ENABLED: 'true', TLS_CA_FILE: 'ca.crt' };
const USER = { SASL_MECHANISM: 'scram-sha-512', SASL_PASSWORD_FILE: 'password' };
const CERTIFICATE = { TLS_CERT_FILE: 'user.crt', TLS_KEY_FILE: 'user.key' };

let kafka: SecuredKafka;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'staffetta-kafka-credentials-'));
  kafka = await startSecuredKafka();
});
after(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true });
});

void test('topics are made as a user, and with a certificate', async () => {
  await writeFiles();
  await prepareKafka(bySasl({ ...TRUST, ...USER }), NO_WAIT_MS);
  await prepareKafka(configOf(kafka.mutualAddress, { ...TRUST, ...CERTIFICATE }), NO_WAIT_MS);
});

void test('why no broker can be used is told, with the key and without the password', async (t) => {
  await writeFiles({ password: 'never to be told\n' });
  const localhost = kafka.saslAddress.replace('127.0.0.1', 'localhost');
  const [plain = ''] = kafka.addresses;
  const told: readonly (readonly [string, Config, RegExp])[] = [
    [
      'a wrong password',
      bySasl({ ...TRUST, ...USER }),
      /none of 127\.0\.0\.1:\d+ can be used: log\.kafka\.sasl: .*invalid credentials/,
    ],
    [
      'an unknown authority',
      bySasl({ TLS_ENABLED: 'true', ...USER }),
      /log\.kafka\.tls\.caFile: .*: self-signed certificate$/,
    ],
    [
      'a name that is not in the certificate',
      configOf(localhost, { ...TRUST, ...USER }),
      /log\.kafka\.brokers: .*altnames: Host: localhost\./,
    ],
    [
      'no certificate where one is wanted',
      configOf(kafka.mutualAddress, TRUST),
      /log\.kafka\.tls\.certFile: they refuse it, or want one: [^:]*alert/,
    ],
    ['plain where TLS is spoken', bySasl({}), /perhaps log\.kafka\.tls or log\.kafka\.sasl/],
    ['nobody where a user is wanted', bySasl(TRUST), /perhaps log\.kafka\.tls or log\.kafka\.sasl/],
    ['TLS where plain is spoken', configOf(plain, TRUST), /perhaps log\.kafka\.tls or/],
  ];
  for (const [what, config, message] of told) {
    await t.test(what, async () => {
      await assert.rejects(prepareKafka(config, NO_WAIT_MS), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /never to be told/);
        return true;
      });
    });
  }
});

void test('files are read each time, and one that cannot be used is named at once', async () => {
  await writeFiles();
  const config = bySasl({ ...TRUST, ...CERTIFICATE, ...USER });
  const { credentials } = kafkaConnection(config);
  assert.equal((await credentials!()).sasl?.password, kafka.user.password);
  await writeFiles({ password: 'the next one\r\nand more' });
  const { sasl, tls } = await credentials!();
  assert.equal(sasl?.password, 'the next one');
  assert.equal(tls?.key, TEST_IDENTITY.key);

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const other = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const wrong: readonly (readonly [Settings, string])[] = [
    [{ 'user.key': other }, 'log.kafka.tls.keyFile'],
    [{ 'user.crt': 'no PEM' }, 'log.kafka.tls.certFile'],
    [{ 'ca.crt': '' }, 'log.kafka.tls.caFile'],
    [{ password: '\n' }, 'log.kafka.sasl.passwordFile'],
  ];
  for (const [files, configKey] of wrong) {
    await writeFiles(files);
    await assert.rejects(prepareKafka(config), { configKey });
  }
  const missing = bySasl({ ...TRUST, ...USER, SASL_PASSWORD_FILE: 'not-there' });
  await assert.rejects(prepareKafka(missing), {
    configKey: 'log.kafka.sasl.passwordFile',
    message: /ENOENT/,
  });
});

function bySasl(settings: Settings): Config {
  return configOf(kafka.saslAddress, settings);
}

function configOf(broker: string, settings: Settings): Config {
  const user = settings['SASL_MECHANISM'] ? { SASL_USERNAME: kafka.user.username } : {};
  const all = { BROKERS: broker, REPLICATION_FACTOR: '1', ...user, ...settings };
  const env = Object.entries(all).map(([name, value]) => [`STAFFETTA_LOG_KAFKA_${name}`, value]);
  return loadConfig({ STAFFETTA_LOG_KIND: 'kafka', ...Object.fromEntries(env) }, folder);
}

async function writeFiles(other: Settings = {}): Promise<void> {
  const { cert, key } = TEST_IDENTITY;
  const password = `${kafka.user.password}\n`;
  const files = { 'ca.crt': cert, 'user.crt': cert, 'user.key': key, password, ...other };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}
