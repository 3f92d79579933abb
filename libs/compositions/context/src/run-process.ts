import { DataFolderInUse } from '@staffetta/postgres';
import {
  EXIT,
  Metrics,
  createLogger,
  createTelemetryServer,
  describeStartFailure,
  loadConfig,
  runServices,
  withGrpcPort,
} from '@staffetta/platform';
import type { Config, Run, Service, ServiceName } from '@staffetta/platform';
import { Context } from './context.ts';
import { describeFolderHolder } from './folder-holder.ts';
import { GrpcDoor } from './grpc-door.ts';
import { VERSION } from './version.ts';

/** Makes a service once the context has started. */
export type ServiceFactory = (context: Context) => Service | Promise<Service>;

/** What a process runs. */
export interface ProcessOptions {
  readonly config: Config;
  /** In the order in which they start. */
  readonly factories: Partial<Record<ServiceName, ServiceFactory>>;
  /** Called once when everything serves. */
  readonly onStarted?: (context: Context) => void | Promise<void>;
}

/** The main program of an app with one service: reads the configuration and runs it; the exit code. */
export async function runAlone(name: ServiceName, factory: ServiceFactory): Promise<number> {
  let config: Config;
  try {
    config = loadConfig(process.env, process.cwd());
  } catch (error) {
    process.stderr.write(`staffetta: ${describeStartFailure(error).message}\n`);
    return EXIT.usage;
  }
  return runProcess({ config, factories: { [name]: factory } });
}

/** Runs services on one context until the process is told to end; the exit code. What kept it from starting is on stderr. */
export async function runProcess(options: ProcessOptions): Promise<number> {
  const { factories } = options;
  const services = Object.keys(factories) as ServiceName[];
  const config = withGrpcPort(options.config, services);
  const logger = createLogger({ level: config.telemetry.logLevel, instance: config.instanceName });
  const metrics = new Metrics();
  const running: { run?: Run } = {};
  const context = new Context({
    config,
    services,
    version: VERSION,
    metrics,
    logger,
    isReady: () => running.run?.readiness() === true,
    requestStop: () => running.run?.drain(),
  });
  const telemetry = createTelemetryServer({
    addresses: config.listen,
    port: config.telemetry.port,
    metrics,
    readiness: () => running.run?.readiness() ?? { process: 'starting' },
    onError: (error) => logger.warn({ err: error }, 'a metric could not be collected'),
  });
  const parts = services.map((name) => new LateService(name, factories[name]!, context));
  const run = runServices([telemetry, context, ...parts, new GrpcDoor(context)], {
    drainMs: config.drainMs,
    onStarted: () => options.onStarted?.(context),
    onStep: ({ kind, service, error }) => {
      if (error) logger.error({ service, err: error }, kind);
      else logger.info({ service }, kind);
    },
  });
  running.run = run;
  try {
    return await run.ended;
  } catch (error) {
    const failure = describeStartFailure(error, config);
    const holder = isPortTaken(error) ? await describeFolderHolder(config) : undefined;
    process.stderr.write(`staffetta: ${holder ?? failure.message}\n`);
    return error instanceof DataFolderInUse ? EXIT.usage : failure.exitCode;
  }
}

function isPortTaken(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'EADDRINUSE';
}

/** A service that is made when it starts: it needs the context, which starts before it. */
class LateService implements Service {
  readonly name: string;
  readonly #factory: ServiceFactory;
  readonly #context: Context;
  #service: Service | undefined;

  constructor(name: string, factory: ServiceFactory, context: Context) {
    this.name = name;
    this.#factory = factory;
    this.#context = context;
  }

  async start(): Promise<void> {
    const service = await this.#factory(this.#context);
    await service.start();
    this.#service = service;
  }

  ready(): boolean | string {
    return this.#service?.ready() ?? 'starting';
  }

  async drain(): Promise<void> {
    await this.#service?.drain();
  }

  async stop(): Promise<void> {
    await this.#service?.stop();
  }
}
