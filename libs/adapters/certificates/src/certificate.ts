import { X509Certificate, createPrivateKey, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CertificateError, readKeyPair } from './pem-files.ts';
import { generateSelfSigned } from './self-signed.ts';

/** A certificate chain and its key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly selfSigned: boolean;
  /** The file of the certificate. */
  readonly path: string;
}

/** Where the certificate comes from. */
export interface CertificateSource {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Where a self-signed one is kept when no files are given. */
  readonly dataDir: string;
  readonly hostname?: string | undefined;
}

const FOLDER = 'tls';
const CERT_NAME = 'cert.pem';
const KEY_NAME = 'key.pem';

/**
 * Reads the configured certificate, or the self-signed one of the data folder, which is made when there is none, when it
 * has expired, or when it is not for this host name. Its key has mode 0600.
 */
export async function loadOrCreateCertificate(source: CertificateSource): Promise<Certificate> {
  const { certFile, keyFile, dataDir, hostname } = source;
  if (certFile !== undefined && keyFile !== undefined) return readConfigured(certFile, keyFile);
  if (certFile !== undefined || keyFile !== undefined) {
    throw new CertificateError(
      'tls.certFile',
      'is set without tls.keyFile, or the other way round',
    );
  }
  const folder = join(dataDir, FOLDER);
  const path = join(folder, CERT_NAME);
  const kept = await readKept(path, join(folder, KEY_NAME), hostname);
  if (kept) return { ...kept, selfSigned: true, path };
  const made = await generateSelfSigned(hostname);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // A start that is killed between the two leaves a pair that does not match, which the next one replaces.
  await replaceFile(join(folder, KEY_NAME), made.key, 0o600);
  await replaceFile(path, made.cert, 0o644);
  return { ...made, selfSigned: true, path };
}

async function readConfigured(certFile: string, keyFile: string): Promise<Certificate> {
  const { cert, key, leaf } = await readKeyPair('tls', certFile, keyFile);
  return { cert, key, selfSigned: leaf.checkIssued(leaf), path: certFile };
}

async function readKept(
  certFile: string,
  keyFile: string,
  hostname: string | undefined,
): Promise<{ cert: string; key: string } | undefined> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    const leaf = new X509Certificate(cert);
    const valid = leaf.validToDate.getTime() > Date.now();
    const named = leaf.checkHost(hostname ?? 'localhost') !== undefined;
    return valid && named && leaf.checkPrivateKey(createPrivateKey(key))
      ? { cert, key }
      : undefined;
  } catch {
    // Missing, half written or unreadable: a new pair takes its place, or says why it cannot be written.
    return undefined;
  }
}

async function replaceFile(file: string, content: string, mode: number): Promise<void> {
  const own = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(own, content, { mode, flag: 'wx' });
  await rename(own, file);
}
