import type { Context } from '@staffetta/composition-context';
import { systemClock } from '@staffetta/core';
import type { MxResolver } from '@staffetta/core';
import type { Metrics, Service } from '@staffetta/platform';
import { ResolverOffer } from '@staffetta/resolver-grpc';

/** The resolver of the context, offered to other processes, and its figures. */
export function createResolver(context: Context): Service {
  const { resolver } = context.parts;
  context.offer(new ResolverOffer(resolver, systemClock));
  resolverMetrics(context.metrics, resolver);
  return {
    name: 'resolver',
    async start() {},
    ready: () => true,
    async drain() {},
    async stop() {},
  };
}

function resolverMetrics(metrics: Metrics, resolver: MxResolver): void {
  metrics.gauge({
    name: 'staffetta_resolver_entries',
    help: 'Domains and record sets kept.',
    collect: (gauge) => gauge.set(resolver.stats().entries),
  });
  metrics.counter({
    name: 'staffetta_resolver_lookups_total',
    help: 'Questions of callers: answered from what is kept (hit), or asked of the DNS (miss).',
    labels: ['result'],
    collect(counter) {
      const { hits, misses } = resolver.stats();
      counter.reset();
      counter.inc({ result: 'hit' }, hits);
      counter.inc({ result: 'miss' }, misses);
    },
  });
  metrics.counter({
    name: 'staffetta_resolver_dns_questions_total',
    help: 'Questions put to the DNS: answered, or failed for want of a usable answer.',
    labels: ['result'],
    collect(counter) {
      const { questions, failures } = resolver.stats();
      counter.reset();
      counter.inc({ result: 'answered' }, questions - failures);
      counter.inc({ result: 'failed' }, failures);
    },
  });
}
