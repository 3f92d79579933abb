import { rootCertificates } from 'node:tls';
import { ServerCredentials, credentials, experimental } from '@grpc/grpc-js';
import type { ChannelCredentials } from '@grpc/grpc-js';

/** What TLS between services is made from. */
export interface GrpcTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

/** TLS that may change while servers and channels use it: connections made from then on have the new one. */
export class TlsSource implements experimental.CertificateProvider {
  readonly #ca = new Set<experimental.CaCertificateUpdateListener>();
  readonly #identity = new Set<experimental.IdentityCertificateUpdateListener>();
  #current: GrpcTls;

  constructor(current: GrpcTls) {
    this.#current = current;
  }

  get current(): GrpcTls {
    return this.#current;
  }

  /** Whether clients have to show a certificate is fixed with the first one. */
  set(tls: GrpcTls): void {
    this.#current = tls;
    for (const listener of this.#ca) listener(this.#authority());
    for (const listener of this.#identity) listener(this.#pair());
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#ca.add(listener);
    // Never within the call: who is told is not ready to pass it on.
    process.nextTick(() => this.#ca.has(listener) && listener(this.#authority()));
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#ca.delete(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identity.add(listener);
    process.nextTick(() => this.#identity.has(listener) && listener(this.#pair()));
  }

  removeIdentityCertificateListener(
    listener: experimental.IdentityCertificateUpdateListener,
  ): void {
    this.#identity.delete(listener);
  }

  #authority(): experimental.CaCertificateUpdate {
    return { caCertificate: this.#current.ca ?? Buffer.from(rootCertificates.join('\n')) };
  }

  #pair(): experimental.IdentityCertificateUpdate {
    return { certificate: this.#current.cert, privateKey: this.#current.key };
  }
}

/** Plain without TLS; with a `ca` who asks has to show a certificate signed by it. */
export function serverCredentials(tls: TlsSource | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const mutual = tls.current.ca !== undefined;
  // The names of its parameters are the wrong way round in grpc-js: the first one gives the server's own certificate.
  return experimental.createCertificateProviderServerCredentials(tls, mutual ? tls : null, mutual);
}

/** Plain without TLS; without a `ca` the authorities that Node knows are trusted. */
export function channelCredentials(tls: TlsSource | undefined): ChannelCredentials {
  return tls
    ? experimental.createCertificateProviderChannelCredentials(tls, tls)
    : credentials.createInsecure();
}
