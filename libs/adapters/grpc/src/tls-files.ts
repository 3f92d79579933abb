import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { TlsSource } from './tls-source.ts';
import type { GrpcTls } from './tls-source.ts';

/** Files of TLS between services, PEM. */
export interface TlsFileNames {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Who signs the certificates of our services; with it both ends have to show one. */
  readonly caFile?: string | undefined;
}

/** TLS from files that are read again when they change. */
export class TlsFiles {
  readonly source: TlsSource;
  readonly #names: TlsFileNames;
  #state: string;

  private constructor(names: TlsFileNames, state: string, tls: GrpcTls) {
    this.#names = names;
    this.#state = state;
    this.source = new TlsSource(tls);
  }

  /** Undefined where none is named. What cannot be used throws with the key of the configuration. */
  static async read(names: TlsFileNames): Promise<TlsFiles | undefined> {
    const state = await stateOf(names);
    const tls = await readTlsFiles(names);
    return tls && new TlsFiles(names, state, tls);
  }

  /**
   * Reads the files where they have changed since the last look; true where something new is in use. What cannot be
   * used rejects, once for each change, and what was read before stays.
   */
  async look(): Promise<boolean> {
    const state = await stateOf(this.#names);
    if (state === this.#state) return false;
    this.#state = state;
    const tls = await readTlsFiles(this.#names);
    if (!tls) return false;
    this.source.set(tls);
    return true;
  }
}

/** What changes when a file does, be it written anew, replaced, or reached by another link. */
async function stateOf({ certFile, keyFile, caFile }: TlsFileNames): Promise<string> {
  const states = [certFile, keyFile, caFile].map(async (file) => {
    const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
    return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : '';
  });
  return (await Promise.all(states)).join('|');
}

async function readTlsFiles(names: TlsFileNames): Promise<GrpcTls | undefined> {
  const { certFile, keyFile, caFile } = names;
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
