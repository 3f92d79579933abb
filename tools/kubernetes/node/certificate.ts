/** Certificates for the release, as cert-manager would put them into a Secret, and the one that a door shows. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { mustRun } from '../../harness/run-program.ts';
import { tempFolder } from '../../harness/temp-folder.ts';

const TIMEOUT_MS = 10_000;

/** What is in a Secret of type kubernetes.io/tls. */
export interface TlsPair {
  readonly 'tls.crt': string;
  readonly 'tls.key': string;
}

/** A new one for this name, signed by itself. */
export async function makeCertificate(name: string): Promise<TlsPair> {
  const folder = tempFolder('certificate');
  try {
    const [cert, key] = [join(folder.path, 'tls.crt'), join(folder.path, 'tls.key')];
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
    const files = ['-keyout', key, '-out', cert];
    await mustRun(['openssl', 'req', '-x509', ...made, ...subject, ...files]);
    return { 'tls.crt': readFileSync(cert, 'utf8'), 'tls.key': readFileSync(key, 'utf8') };
  } finally {
    folder.stop();
  }
}

export function fingerprintOf(pair: TlsPair): string {
  return new X509Certificate(pair['tls.crt']).fingerprint256;
}

/** The fingerprint of the certificate that is shown to a new connection. */
export function shownFingerprint(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: TIMEOUT_MS }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('timeout', () => socket.destroy(new Error(`${host} says nothing`)));
    socket.once('error', reject);
  });
}
