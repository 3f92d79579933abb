import type { Context } from '@staffetta/composition-context';
import type { Service } from '@staffetta/platform';

/** The resolver: answered by the context of each process; this one makes its figures known. */
export function createResolver(context: Context): Service {
  const { resolver } = context.parts;
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
