import { createApi } from '@staffetta/composition-api';
import { runProcess } from '@staffetta/composition-context';
import type { ServiceFactory } from '@staffetta/composition-context';
import { createDashboardService } from '@staffetta/composition-dashboard';
import type { FirstOperator } from '@staffetta/composition-dashboard';
import { createDelivery } from '@staffetta/composition-delivery';
import { createEventsService } from '@staffetta/composition-events';
import { createIngressService } from '@staffetta/composition-ingress';
import { createMailbox } from '@staffetta/composition-mailbox';
import { createResolver } from '@staffetta/composition-resolver';
import { createRouter } from '@staffetta/composition-router';
import { SERVICE_NAMES } from '@staffetta/platform';
import type { Config, ServiceName } from '@staffetta/platform';
import { startLines } from './start-lines.ts';

/** Runs the named services, or all of them, until they were told to end; returns the exit code. */
export async function startServices(
  config: Config,
  services: readonly ServiceName[],
): Promise<number> {
  let operator: FirstOperator = { kind: 'exists' };
  const all: Record<string, ServiceFactory> = {
    events: createEventsService,
    resolver: createResolver,
    router: createRouter,
    delivery: createDelivery,
    mailbox: createMailbox,
    ingress: createIngressService,
    api: createApi,
    dashboard: (context) =>
      createDashboardService(context, (found) => {
        operator = found;
      }),
  };
  const names = services.length > 0 ? services : SERVICE_NAMES;
  const factories = Object.fromEntries(
    Object.entries(all).filter(([name]) => names.includes(name as ServiceName)),
  );
  return runProcess({
    config,
    factories,
    onStarted: (context) => {
      const lines = startLines(context, Object.keys(factories) as ServiceName[], operator);
      process.stdout.write(`${lines.join('\n')}\n`);
    },
  });
}
