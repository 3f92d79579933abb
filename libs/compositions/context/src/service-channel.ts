import { GrpcChannel, TargetList } from '@staffetta/grpc';
import type { CallObserver, MethodPolicy, TlsSource } from '@staffetta/grpc';
import type { Config, ServiceName } from '@staffetta/platform';
import { grpcInstances } from '@staffetta/postgres';
import type { Database } from '@staffetta/postgres';
import { isLoopback } from './loopback.ts';

/** What a process asks others with. */
export interface Surroundings {
  readonly config: Config;
  readonly database: Database;
  readonly tls: TlsSource | undefined;
  readonly observer: CallObserver;
}

/** Connections to a service in other processes: at `grpc.targets.<service>`, else at all its registered instances. */
export class ServiceChannel {
  readonly channel: GrpcChannel;
  readonly #service: ServiceName;
  readonly #surroundings: Surroundings;
  /** Undefined where the configuration says where it is. */
  readonly #instances: TargetList | undefined;

  constructor(surroundings: Surroundings, service: ServiceName, methods: readonly MethodPolicy[]) {
    const { config, tls, observer } = surroundings;
    const target = config.grpc.targets[service];
    this.#service = service;
    this.#surroundings = surroundings;
    this.#instances = target ? undefined : new TargetList(service);
    this.channel = new GrpcChannel({
      targets: target ?? this.#instances!,
      tls,
      serverName: config.grpc.tls.serverName,
      methods,
      observer,
    });
  }

  /** Whether anybody is known who could be asked. */
  get isKnown(): boolean {
    return !this.#instances || this.#instances.targets.length > 0;
  }

  /** Whether nobody on the way reads what is asked. */
  get isPrivate(): boolean {
    const { config, tls } = this.#surroundings;
    if (tls) return true;
    const target = config.grpc.targets[this.#service];
    const targets = target ? [target] : (this.#instances?.targets ?? []);
    return targets.every(({ host }) => isLoopback(host));
  }

  /** Looks for instances; called with each heartbeat. */
  async look(): Promise<void> {
    this.#instances?.set(await grpcInstances(this.#surroundings.database, this.#service));
  }

  close(): void {
    this.channel.close();
    this.#instances?.close();
  }
}
