import type { Context } from '@staffetta/composition-context';
import { systemClock } from '@staffetta/core';
import { formatHostPort } from '@staffetta/platform';
import type { Service } from '@staffetta/platform';
import { Router } from '@staffetta/service-router';

/** The router on the log and the directory of the context. */
export function createRouter(context: Context): Service {
  const { delivery } = context.config;
  const { log, directory, resolver } = context.parts;
  const router = new Router({
    log,
    lanes: context.lanes,
    directory,
    resolver,
    clock: systemClock,
    owner: context.id,
    hostname: context.hostname,
    nextHop: delivery.nextHop ? formatHostPort(delivery.nextHop) : '',
    expiresMs: delivery.expiresMs,
    onError: (error) =>
      context.logger.warn({ err: error }, 'a batch could not be routed; tried again'),
  });
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
