import type { Context } from '@staffetta/composition-context';
import { systemClock } from '@staffetta/core';
import type { Service } from '@staffetta/platform';
import { ResolverOffer } from '@staffetta/resolver-grpc';

/** The resolver of the context, offered to other processes, and its figures. */
export function createResolver(context: Context): Service {
  const { resolver } = context.parts;
  context.offer(new ResolverOffer(resolver, systemClock));
  const questions = context.metrics.gauge({
    name: 'staffetta_resolver_entries',
    help: 'Domains and record sets kept.',
    collect: (gauge) => gauge.set(resolver.stats().entries),
  });
  return {
    name: 'resolver',
    async start() {
      questions.set(0);
    },
    ready: () => true,
    async drain() {},
    async stop() {},
  };
}
