import { systemClock } from '@staffetta/core';
import type { MxAnswer, MxResolver, MxResolverStats } from '@staffetta/core';
import type { ServiceName } from '@staffetta/platform';
import { GrpcMxResolver, RESOLVER_METHODS } from '@staffetta/resolver-grpc';
import { ServiceChannel } from './service-channel.ts';
import type { Surroundings } from './service-channel.ts';

/** What the choice depends on. */
export interface ResolverSurroundings extends Surroundings {
  readonly services: readonly ServiceName[];
  /** Asks the DNS itself. */
  readonly own: MxResolver;
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
  const { services, own } = surroundings;
  const asks = ASKING.some((name) => services.includes(name));
  if (!asks || services.includes(SERVICE)) {
    return { resolver: own, look: async () => undefined, close: () => undefined };
  }
  const line = new ServiceChannel(surroundings, SERVICE, RESOLVER_METHODS);
  const remote = new GrpcMxResolver({ channel: line.channel, clock: systemClock });
  return {
    resolver: new RegisteredResolver(line, remote, own),
    look: () => line.look(),
    close: () => {
      remote.close();
      line.close();
    },
  };
}

/** Asks the resolvers that are known, and the DNS while there is none. */
class RegisteredResolver implements MxResolver {
  readonly #line: ServiceChannel;
  readonly #remote: MxResolver;
  readonly #own: MxResolver;

  constructor(line: ServiceChannel, remote: MxResolver, own: MxResolver) {
    this.#line = line;
    this.#remote = remote;
    this.#own = own;
  }

  async resolve(domain: string, options?: { readonly signal?: AbortSignal }): Promise<MxAnswer> {
    if (!this.#line.isKnown) return this.#own.resolve(domain, options);
    const answer = await this.#remote.resolve(domain, options);
    // The last one left while it was asked.
    const again = answer.kind === 'temporary' && !this.#line.isKnown;
    return again ? this.#own.resolve(domain, options) : answer;
  }

  stats(): MxResolverStats {
    return this.#line.isKnown ? this.#remote.stats() : this.#own.stats();
  }
}
