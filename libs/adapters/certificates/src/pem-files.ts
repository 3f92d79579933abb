import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A configured certificate that cannot be used; the message names the key of the configuration. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
  readonly configKey: string;

  constructor(configKey: string, problem: string, options?: ErrorOptions) {
    super(`${configKey}: ${problem}`, options);
    this.configKey = configKey;
  }
}

/** A certificate chain and its key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  /** The first certificate of the chain. */
  readonly leaf: X509Certificate;
}

/** Reads `certFile` and `keyFile` of a section of the configuration; throws a CertificateError where they are of no use. */
export async function readKeyPair(
  section: string,
  certFile: string,
  keyFile: string,
): Promise<KeyPair> {
  const [certKey, keyKey] = [`${section}.certFile`, `${section}.keyFile`];
  const cert = await readNamed(certKey, certFile);
  const key = await readNamed(keyKey, keyFile);
  const leaf = parseNamed(certKey, certFile, () => new X509Certificate(cert));
  const privateKey = parseNamed(keyKey, keyFile, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new CertificateError(keyKey, `${keyFile} is not the key of ${certFile}`);
  }
  return { cert, key, leaf };
}

/** Reads whom to trust, PEM; throws a CertificateError where the file is of no use. */
export async function readAuthorities(configKey: string, caFile: string): Promise<string> {
  const ca = await readNamed(configKey, caFile);
  parseNamed(configKey, caFile, () => new X509Certificate(ca));
  return ca;
}

async function readNamed(configKey: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CertificateError(configKey, (cause as Error).message, { cause });
  }
}

function parseNamed<Value>(configKey: string, file: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (cause) {
    throw new CertificateError(configKey, `${file} is not PEM that can be used`, { cause });
  }
}
