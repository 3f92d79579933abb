import { stat } from 'node:fs/promises';
import { loadOrCreateCertificate } from './certificate.ts';
import type { Certificate, CertificateSource } from './certificate.ts';

/** The certificate in use; the configured files are read again when they change. */
export class MailCertificate {
  readonly #source: CertificateSource;
  #current: Certificate;
  #state: string;

  private constructor(source: CertificateSource, state: string, current: Certificate) {
    this.#source = source;
    this.#state = state;
    this.#current = current;
  }

  /** Rejects with a CertificateError where the configured files cannot be used. */
  static async load(source: CertificateSource): Promise<MailCertificate> {
    const state = await stateOf(source);
    return new MailCertificate(source, state, await loadOrCreateCertificate(source));
  }

  get current(): Certificate {
    return this.#current;
  }

  /**
   * Reads the files where they have changed since the last look; true where something new is in use. What cannot be
   * used rejects, once for each change, and what was read before stays.
   */
  async look(): Promise<boolean> {
    const state = await stateOf(this.#source);
    if (state === this.#state) return false;
    this.#state = state;
    this.#current = await loadOrCreateCertificate(this.#source);
    return true;
  }
}

/** What changes when a file does, be it written anew, replaced, or reached by another link. */
async function stateOf({ certFile, keyFile }: CertificateSource): Promise<string> {
  const states = [certFile, keyFile].map(async (file) => {
    const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
    return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : '';
  });
  return (await Promise.all(states)).join('|');
}
