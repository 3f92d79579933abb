import { readFile } from 'node:fs/promises';
import { readAuthorities, readKeyPair } from '@staffetta/certificates';
import type { KafkaCredentials, PasswordUser } from '@staffetta/log-kafka';
import type { Config } from '@staffetta/platform';
import { wrongValue } from './wrong-value.ts';

type KafkaConfig = Config['log']['kafka'];

const PASSWORD_FILE = 'log.kafka.sasl.passwordFile';

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
  const trusted =
    caFile === undefined ? {} : { ca: await readAuthorities('log.kafka.tls.caFile', caFile) };
  if (certFile === undefined || keyFile === undefined) return trusted;
  const { cert, key } = await readKeyPair('log.kafka.tls', certFile, keyFile);
  return { ...trusted, cert, key };
}

async function readUser(
  { username = '', passwordFile = '' }: KafkaConfig['sasl'],
  mechanism: PasswordUser['mechanism'],
): Promise<PasswordUser> {
  const text = await readFile(passwordFile, 'utf8').catch((cause: unknown) => {
    throw wrongValue(PASSWORD_FILE, (cause as Error).message, cause);
  });
  const [password = ''] = text.split(/\r?\n/, 1);
  if (password === '') {
    throw wrongValue(PASSWORD_FILE, `${passwordFile} holds no password in its first line`);
  }
  return { mechanism, username, password };
}
