import type { Context } from '@staffetta/composition-context';
import {
  VERSION,
  chooseAccounts,
  chooseDelivery,
  chooseEvents,
  chooseRoutes,
} from '@staffetta/composition-context';
import type { Service } from '@staffetta/platform';
import { createDashboard } from './create-dashboard.ts';
import { prepareFirstOperator } from './prepare-first-operator.ts';
import type { FirstOperator } from './prepare-first-operator.ts';

/** The dashboard on the context; `onFirstOperator` is told how to log in. */
export async function createDashboardService(
  context: Context,
  onFirstOperator: (operator: FirstOperator) => void = () => undefined,
): Promise<Service> {
  const { config, logger } = context;
  const { database } = context.parts;
  onFirstOperator(
    await prepareFirstOperator({
      database,
      dataDir: config.dataDir,
      passwordFile: config.dashboard.adminPasswordFile,
      showPassword: process.stdout.isTTY,
    }),
  );
  if (config.dashboard.port === 0) return OFF;
  return createDashboard({
    listen: config.listen,
    port: config.dashboard.port,
    tokenFile: config.admin.tokenFile,
    remotePort: config.delivery.remotePort,
    version: VERSION,
    database,
    events: await chooseEvents(context),
    workers: await chooseDelivery(context),
    routes: await chooseRoutes(context),
    accounts: await chooseAccounts(context),
    requestStop: context.options.requestStop,
    onError: (error) => logger.error({ err: error }, 'the dashboard met an error'),
  });
}

/** Port 0 turns the door off. */
const OFF: Service = {
  name: 'dashboard',
  async start() {},
  ready: () => true,
  async drain() {},
  async stop() {},
};
