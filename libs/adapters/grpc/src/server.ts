import { Server, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { HealthService, ServerReflectionService } from '@staffetta/contracts';
import type { Tracer } from '@staffetta/core';
import { Health } from './health.ts';
import { KEEP_ALIVE, MESSAGE_LIMITS, STREAMS_MAX } from './limits.ts';
import { observeAnswers } from './observe-calls.ts';
import type { CallObserver } from './observe-calls.ts';
import type { GrpcOffer } from './offer.ts';
import { Reflection } from './reflection.ts';
import { serverCredentials } from './tls-source.ts';
import type { TlsSource } from './tls-source.ts';
import { traceAnswers } from './trace-answers.ts';
import { withTraceContext } from './trace-context.ts';

export interface GrpcServerOptions {
  /** Addresses on which it listens. */
  readonly addresses: readonly string[];
  /** 0 for a free one. */
  readonly port: number;
  readonly tls?: TlsSource | undefined;
  readonly offers: readonly GrpcOffer[];
  /** What grpc.health.v1 says of every service here. */
  readonly isReady: () => boolean;
  readonly observer?: CallObserver | undefined;
  /** Absent: no traces. */
  readonly tracer?: Tracer | undefined;
}

// What grpc-js would write on stderr by itself comes to us as an error too.
setLogVerbosity(logVerbosity.NONE);

const OWN_NAMES = [HealthService, ServerReflectionService].map(nameOf);

/** A gRPC server with health, reflection, limits, keep-alive, TLS and an orderly end. */
export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #offers: readonly GrpcOffer[];
  readonly #server: Server;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    const { observer, tracer } = options;
    this.#server = new Server({
      ...KEEP_ALIVE,
      ...MESSAGE_LIMITS,
      'grpc.max_concurrent_streams': STREAMS_MAX,
      interceptors: [
        ...(observer ? [observeAnswers(observer)] : []),
        ...(tracer ? [traceAnswers(tracer)] : []),
      ],
    });
    const names = options.offers.map(({ definition }) => nameOf(definition));
    this.#offers = [
      ...options.offers,
      new Health(names, options.isReady),
      new Reflection([...names, ...OWN_NAMES]),
    ];
    for (const { definition, implementation } of this.#offers) {
      this.#server.addService(definition, withTraceContext(implementation));
    }
  }

  /** Listens on all addresses; the port. */
  async start(): Promise<number> {
    let { port } = this.#options;
    try {
      for (const address of this.#options.addresses) port = await this.#bind(address, port);
    } catch (error) {
      await this.stop();
      throw error;
    }
    return port;
  }

  /** Takes no more calls; resolves when those under way have ended. */
  drain(): Promise<void> {
    for (const offer of this.#offers) offer.drain?.();
    return new Promise((resolve, reject) => {
      this.#server.tryShutdown((error) => (error ? reject(error) : resolve()));
    });
  }

  /** Ends all calls and connections. */
  async stop(): Promise<void> {
    for (const offer of this.#offers) offer.drain?.();
    this.#server.forceShutdown();
  }

  #bind(address: string, port: number): Promise<number> {
    const place = `${address.includes(':') ? `[${address}]` : address}:${port}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(place, serverCredentials(this.#options.tls), (error, bound) => {
        if (error) reject(listenError(error, address, port));
        else resolve(bound);
      });
    });
  }
}

function nameOf(definition: ServiceDefinition): string {
  const [method] = Object.values(definition);
  return method?.path.split('/')[1] ?? '';
}

/** grpc-js keeps the code of the socket's error in its text alone. */
function listenError(error: Error, address: string, port: number): Error {
  const [code] = /\bE[A-Z]{4,}\b/.exec(error.message) ?? [];
  return Object.assign(error, code === undefined ? {} : { code }, { address, port });
}
