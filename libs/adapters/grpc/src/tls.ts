import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ServerCredentials, credentials } from '@grpc/grpc-js';
import type { ChannelCredentials } from '@grpc/grpc-js';

/** Files of TLS between services, PEM. */
export interface TlsFiles {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Who signs the certificates of our services; with it both ends have to show one. */
  readonly caFile?: string | undefined;
}

/** What TLS between services is made from. */
export interface GrpcTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

/** Reads the files; undefined where none is named. What cannot be used throws with the key of the configuration. */
export async function readTlsFiles(files: TlsFiles): Promise<GrpcTls | undefined> {
  const { certFile, keyFile, caFile } = files;
  if (certFile === undefined || keyFile === undefined) return undefined;
  const cert = await read('grpc.tls.certFile', certFile);
  const key = await read('grpc.tls.keyFile', keyFile);
  const ca = caFile === undefined ? undefined : await read('grpc.tls.caFile', caFile);
  const leaf = parse('grpc.tls.certFile', certFile, () => new X509Certificate(cert));
  const privateKey = parse('grpc.tls.keyFile', keyFile, () => createPrivateKey(key));
  if (caFile !== undefined) parse('grpc.tls.caFile', caFile, () => new X509Certificate(ca ?? ''));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw wrong('grpc.tls.keyFile', `${keyFile} is not the key of ${certFile}`);
  }
  return { cert, key, ca };
}

/** Plain without TLS; with a `ca` who asks has to show a certificate signed by it. */
export function serverCredentials(tls: GrpcTls | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const pair = { private_key: tls.key, cert_chain: tls.cert };
  return ServerCredentials.createSsl(tls.ca ?? null, [pair], tls.ca !== undefined);
}

/** Plain without TLS; without a `ca` the system's are trusted. */
export function channelCredentials(tls: GrpcTls | undefined): ChannelCredentials {
  return tls
    ? credentials.createSsl(tls.ca ?? null, tls.key, tls.cert)
    : credentials.createInsecure();
}

async function read(configKey: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
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
