/** Certificates for gRPC between services, as files. */
import { join } from 'node:path';
import { mustRun } from './run-program.ts';

/** The name for which they are made. */
const NAME = 'services.test';

/**
 * Writes one certificate for all services, signed by itself, into a folder; a second time in place of the first. The
 * settings that name it, without the prefix.
 */
export async function writeMutualTls(folder: string): Promise<Record<string, string>> {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await mustRun(['openssl', 'req', '-x509', ...made, ...subject, '-keyout', key, '-out', cert]);
  return {
    GRPC_TLS_CERT_FILE: cert,
    GRPC_TLS_KEY_FILE: key,
    GRPC_TLS_CA_FILE: cert,
    GRPC_TLS_SERVER_NAME: NAME,
  };
}
