import { FaultyProxy } from '../net/faulty-proxy.ts';
import { TEST_IDENTITY } from '../smtp-sink/test-identity.ts';
import { freePorts, startTestKafka } from './test-kafka.ts';
import type { TestKafka } from './test-kafka.ts';

/** For SCRAM-SHA-512 a connection is to say who it is again after this; kafkajs does so 10 s before. */
const SCRAM_512_SESSION_MS = 11_000;
const USERNAME = 'relay';
const CONFINED = 'confined';
const PASSWORD = 'a password of four words';

const RIGHTS = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': `User:ANONYMOUS;User:${USERNAME};User:CN=${TEST_IDENTITY.host}`,
};

/** One broker that is also reached by TLS, under the certificate of TEST_IDENTITY: for 127.0.0.1, not for localhost. */
export interface SecuredKafka extends TestKafka {
  /** `host:port` where a user says its password, by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
  readonly saslAddress: string;
  /** All connections to it. */
  readonly saslProxy: FaultyProxy;
  /** `host:port` where a client shows a certificate that TEST_IDENTITY has signed: itself. */
  readonly mutualAddress: string;
  readonly user: NamedPassword;
  /** By SCRAM-SHA-256; it may do nothing until it is allowed to, where the others may do all. */
  readonly confined: NamedPassword;
  /** How long a connection by SCRAM-SHA-512 may live without saying again who it is. */
  readonly sessionMs: number;
}

/** What a user says. */
export interface NamedPassword {
  readonly username: string;
  readonly password: string;
}

/** Starts it; it serves when it resolves. */
export async function startSecuredKafka(): Promise<SecuredKafka> {
  const [saslPort = 0, mutualPort = 0] = await freePorts(2);
  const saslProxy = await FaultyProxy.start({ host: '127.0.0.1', port: saslPort });
  const kafka = await startTestKafka(1, 'first', {
    listeners: [`SASL://127.0.0.1:${saslPort}`, `MUTUAL://127.0.0.1:${mutualPort}`],
    advertised: [`SASL://127.0.0.1:${saslProxy.port}`, `MUTUAL://127.0.0.1:${mutualPort}`],
    protocols: ['SASL:SASL_SSL', 'MUTUAL:SSL'],
    properties: {
      ...RIGHTS,
      ...tlsOf('sasl'),
      ...saslProperties(),
      ...tlsOf('mutual'),
      'listener.name.mutual.ssl.client.auth': 'required',
    },
    scram: [
      `SCRAM-SHA-256=[name=${USERNAME},password=${PASSWORD}]`,
      `SCRAM-SHA-512=[name=${USERNAME},password=${PASSWORD}]`,
      `SCRAM-SHA-256=[name=${CONFINED},password=${PASSWORD}]`,
    ],
  }).catch(async (error: unknown) => {
    await saslProxy.close();
    throw error;
  });
  return {
    ...kafka,
    saslAddress: `127.0.0.1:${saslProxy.port}`,
    saslProxy,
    mutualAddress: `127.0.0.1:${mutualPort}`,
    user: { username: USERNAME, password: PASSWORD },
    confined: { username: CONFINED, password: PASSWORD },
    sessionMs: SCRAM_512_SESSION_MS,
    stop: async () => {
      await kafka.stop();
      await saslProxy.close();
    },
  };
}

function tlsOf(listener: string): Readonly<Record<string, string>> {
  const inline = (pem: string): string => pem.replaceAll('\n', '\\n');
  const prefix = `listener.name.${listener}.ssl`;
  return {
    [`${prefix}.keystore.type`]: 'PEM',
    [`${prefix}.keystore.certificate.chain`]: inline(TEST_IDENTITY.cert),
    [`${prefix}.keystore.key`]: inline(TEST_IDENTITY.key),
    [`${prefix}.truststore.type`]: 'PEM',
    [`${prefix}.truststore.certificates`]: inline(TEST_IDENTITY.cert),
  };
}

function saslProperties(): Readonly<Record<string, string | number>> {
  const prefix = 'listener.name.sasl';
  const modules = 'org.apache.kafka.common.security';
  const scram = `${modules}.scram.ScramLoginModule required;`;
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${prefix}.plain.sasl.jaas.config`]: `${modules}.plain.PlainLoginModule required user_${USERNAME}="${PASSWORD}";`,
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: scram,
    [`${prefix}.scram-sha-512.connections.max.reauth.ms`]: SCRAM_512_SESSION_MS,
  };
}
