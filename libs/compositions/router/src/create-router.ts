import { lanesGauge } from '@staffetta/composition-context';
import type { Context } from '@staffetta/composition-context';
import { systemClock } from '@staffetta/core';
import { formatHostPort } from '@staffetta/platform';
import type { Service } from '@staffetta/platform';
import { isConnectionLoss } from '@staffetta/postgres';
import { RouterOffer } from '@staffetta/router-grpc';
import { RouteFinder, Router } from '@staffetta/service-router';
import { timedPipes } from './timed-pipes.ts';

/** The router on the log and the directory of the context; it tells others where mail would go. */
export function createRouter(context: Context): Service {
  const { delivery } = context.config;
  const { log, directory, resolver } = context.parts;
  const nextHop = delivery.nextHop ? formatHostPort(delivery.nextHop) : '';
  const known = { directory, resolver, clock: systemClock, nextHop };
  const routes = new RouteFinder(known);
  context.local.routes = routes;
  context.offer(new RouterOffer(routes, isConnectionLoss));
  const router = new Router({
    ...known,
    log: timedPipes(log, context.metrics),
    lanes: context.lanes,
    owner: context.id,
    hostname: context.hostname,
    expiresMs: delivery.expiresMs,
    tracer: context.tracer,
    onError: (error) =>
      context.logger.warn({ err: error }, 'a batch could not be routed; tried again'),
  });
  lanesGauge(context.metrics, 'accepted', () => router.lanesHeld);
  let started = false;
  return {
    name: 'router',
    async start() {
      await router.start();
      started = true;
    },
    ready: () => started,
    drain: () => router.stop(),
    async stop() {},
  };
}
