import { isIPv4 } from 'node:net';
import { GrpcServer } from '@staffetta/grpc';
import type { Service } from '@staffetta/platform';
import type { Context } from './context.ts';
import { grpcMetrics } from './grpc-metrics.ts';
import { isLoopback } from './loopback.ts';

const ANY = new Set(['0.0.0.0', '::']);

/** The gRPC server of a process, for what its services offered; none where they offered nothing. Starts after them. */
export class GrpcDoor implements Service {
  readonly name = 'grpc';
  readonly #context: Context;
  #server: GrpcServer | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  async start(): Promise<void> {
    const { config, logger, metrics, offers, options, parts } = this.#context;
    const { port = 0 } = config.grpc;
    if (port === 0 || offers.length === 0) return;
    const { listen: addresses } = config;
    const tls = parts.grpcTls?.source;
    if (!tls && !addresses.every(isLoopback)) {
      logger.warn({ addresses }, 'gRPC listens beyond loopback without TLS: set grpc.tls');
    }
    const { isReady } = options;
    const observer = grpcMetrics(metrics, 'server');
    const tracer = parts.traces;
    this.#server = new GrpcServer({ addresses, port, tls, offers, isReady, observer, tracer });
    await this.#server.start();
    this.#context.announceGrpc({ host: this.#advertisedHost(), port });
  }

  ready(): boolean {
    return true;
  }

  async drain(): Promise<void> {
    if (!this.#server) return;
    this.#context.announceGrpc(undefined);
    await this.#server.drain();
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Under which address other processes find this one. */
  #advertisedHost(): string {
    const { config, ownAddresses } = this.#context;
    const [first = '127.0.0.1'] = config.listen;
    if (!ANY.has(first)) return first;
    const own = [...ownAddresses];
    return own.find(isIPv4) ?? own[0] ?? '127.0.0.1';
  }
}
