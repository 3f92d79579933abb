import { systemClock } from '@staffetta/core';
import type { MxAnswer, MxResolver, MxResolverStats } from '@staffetta/core';
import { GrpcChannel, TargetList } from '@staffetta/grpc';
import type { GrpcTarget, GrpcTls } from '@staffetta/grpc';
import type { Config, ServiceName } from '@staffetta/platform';
import { grpcInstances } from '@staffetta/postgres';
import type { Database } from '@staffetta/postgres';
import { GrpcMxResolver, RESOLVER_METHODS } from '@staffetta/resolver-grpc';

/** What the choice depends on. */
export interface ResolverSurroundings {
  readonly config: Config;
  readonly services: readonly ServiceName[];
  /** Asks the DNS itself. */
  readonly own: MxResolver;
  readonly database: Database;
  readonly tls: GrpcTls | undefined;
}

/** Who answers where mail goes. */
export interface ChosenResolver {
  readonly resolver: MxResolver;
  /** Looks for instances; called with each heartbeat. */
  look(): Promise<void>;
  close(): void;
}

const SERVICE = 'resolver';
const ASKING: readonly ServiceName[] = ['router', 'delivery'];

/**
 * Direct calls where the resolver is in this process; else the resolver at `grpc.targets.resolver`; else those in the
 * table of instances; and as long as there is none, this process asks the DNS itself.
 */
export function chooseResolver(surroundings: ResolverSurroundings): ChosenResolver {
  const { config, services, own, database } = surroundings;
  const asks = ASKING.some((name) => services.includes(name));
  if (!asks || services.includes(SERVICE)) {
    return { resolver: own, look: async () => undefined, close: () => undefined };
  }
  const target = config.grpc.targets[SERVICE];
  if (target) return { ...remote(surroundings, target), look: async () => undefined };
  const instances = new TargetList(SERVICE);
  const { resolver, close } = remote(surroundings, instances);
  return {
    resolver: new RegisteredResolver(instances, resolver, own),
    look: async () => instances.set(await grpcInstances(database, SERVICE)),
    close: () => {
      close();
      instances.close();
    },
  };
}

function remote(
  { config, tls }: ResolverSurroundings,
  targets: GrpcTarget | TargetList,
): Pick<ChosenResolver, 'resolver' | 'close'> {
  const { serverName } = config.grpc.tls;
  const channel = new GrpcChannel({ targets, tls, serverName, methods: RESOLVER_METHODS });
  const resolver = new GrpcMxResolver({ channel, clock: systemClock });
  return {
    resolver,
    close: () => {
      resolver.close();
      channel.close();
    },
  };
}

/** Asks the resolvers that are registered, and the DNS while there is none. */
class RegisteredResolver implements MxResolver {
  readonly #instances: TargetList;
  readonly #remote: MxResolver;
  readonly #own: MxResolver;

  constructor(instances: TargetList, remote: MxResolver, own: MxResolver) {
    this.#instances = instances;
    this.#remote = remote;
    this.#own = own;
  }

  async resolve(domain: string, options?: { readonly signal?: AbortSignal }): Promise<MxAnswer> {
    if (this.#isAlone) return this.#own.resolve(domain, options);
    const answer = await this.#remote.resolve(domain, options);
    // The last one left while it was asked.
    const again = answer.kind === 'temporary' && this.#isAlone;
    return again ? this.#own.resolve(domain, options) : answer;
  }

  stats(): MxResolverStats {
    return this.#isAlone ? this.#own.stats() : this.#remote.stats();
  }

  get #isAlone(): boolean {
    return this.#instances.targets.length === 0;
  }
}
