import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { KafkaCredentials, PasswordUser } from '@staffetta/log-kafka';
import type { Config } from '@staffetta/platform';

type KafkaConfig = Config['log']['kafka'];

/**
 * What the files of `log.kafka.tls` and `log.kafka.sasl` say by now. What cannot be used throws with the key of the
 * configuration.
 */
export async function readKafkaCredentials({ tls, sasl }: KafkaConfig): Promise<KafkaCredentials> {
  return {
    ...(tls.enabled && { tls: await readTls(tls) }),
    ...(sasl.mechanism !== 'none' && { sasl: await readUser(sasl, sasl.mechanism) }),
  };
}

async function readTls({
  caFile,
  certFile,
  keyFile,
}: KafkaConfig['tls']): Promise<NonNullable<KafkaCredentials['tls']>> {
  const trusted = caFile === undefined ? {} : { ca: await readAuthorities(caFile) };
  if (certFile === undefined || keyFile === undefined) return trusted;
  const cert = await read('log.kafka.tls.certFile', certFile);
  const key = await read('log.kafka.tls.keyFile', keyFile);
  const leaf = parse('log.kafka.tls.certFile', certFile, () => new X509Certificate(cert));
  const privateKey = parse('log.kafka.tls.keyFile', keyFile, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw wrong('log.kafka.tls.keyFile', `${keyFile} is not the key of ${certFile}`);
  }
  return { ...trusted, cert, key };
}

async function readAuthorities(caFile: string): Promise<string> {
  const ca = await read('log.kafka.tls.caFile', caFile);
  parse('log.kafka.tls.caFile', caFile, () => new X509Certificate(ca));
  return ca;
}

async function readUser(
  { username = '', passwordFile = '' }: KafkaConfig['sasl'],
  mechanism: PasswordUser['mechanism'],
): Promise<PasswordUser> {
  const text = await read('log.kafka.sasl.passwordFile', passwordFile);
  const [password = ''] = text.split(/\r?\n/, 1);
  if (password === '') {
    const problem = `${passwordFile} holds no password in its first line`;
    throw wrong('log.kafka.sasl.passwordFile', problem);
  }
  return { mechanism, username, password };
}

async function read(configKey: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw wrong(configKey, (cause as Error).message, cause);
  }
}

function parse<Value>(configKey: string, file: string, work: () => Value): Value {
  try {
    return work();
  } catch (cause) {
    throw wrong(configKey, `${file} is not PEM that can be used`, cause);
  }
}

function wrong(configKey: string, problem: string, cause?: unknown): Error {
  return Object.assign(new Error(`${configKey}: ${problem}`, { cause }), { configKey });
}
