import { status } from '@grpc/grpc-js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { HealthCheckResponse_ServingStatus as Serving, HealthService } from '@staffetta/contracts';
import type { HealthCheckRequest, HealthCheckResponse, HealthServer } from '@staffetta/contracts';
import type { GrpcOffer } from './offer.ts';

/** How often watchers are compared with what holds, in milliseconds. */
const LOOK_MS = 250;
const WATCHERS_MAX = 100;

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** grpc.health.v1: every service of the process serves when the process is ready. */
export class Health implements GrpcOffer {
  readonly definition = HealthService;
  readonly implementation: HealthServer;
  readonly #services: ReadonlySet<string>;
  readonly #isReady: () => boolean;
  readonly #watchers = new Map<Watcher, Serving>();
  #look: NodeJS.Timeout | undefined;
  #draining = false;

  /** `services` by full name, as `package.Service`. */
  constructor(services: Iterable<string>, isReady: () => boolean) {
    this.#services = new Set(['', ...services]);
    this.#isReady = isReady;
    this.implementation = {
      check: (call, callback) => {
        const serving = this.#statusOf(call.request.service);
        if (serving !== Serving.SERVICE_UNKNOWN) callback(null, { status: serving });
        else callback({ code: status.NOT_FOUND, details: 'unknown service' });
      },
      watch: (call) => this.#watch(call),
    };
  }

  /** Not serving from now on; who watches is told, and left. */
  drain(): void {
    this.#draining = true;
    this.#tell();
    for (const watcher of this.#watchers.keys()) watcher.end();
    this.#watchers.clear();
    clearInterval(this.#look);
  }

  #statusOf(service: string): Serving {
    if (!this.#services.has(service)) return Serving.SERVICE_UNKNOWN;
    return !this.#draining && this.#isReady() ? Serving.SERVING : Serving.NOT_SERVING;
  }

  #watch(call: Watcher): void {
    if (this.#draining || this.#watchers.size >= WATCHERS_MAX) {
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: 'no more watchers' });
      return;
    }
    const serving = this.#statusOf(call.request.service);
    this.#watchers.set(call, serving);
    call.write({ status: serving });
    call.on('cancelled', () => {
      this.#watchers.delete(call);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#look);
      this.#look = undefined;
    });
    this.#look ??= setInterval(() => this.#tell(), LOOK_MS).unref();
  }

  #tell(): void {
    for (const [watcher, told] of this.#watchers) {
      const serving = this.#statusOf(watcher.request.service);
      if (serving === told) continue;
      this.#watchers.set(watcher, serving);
      watcher.write({ status: serving });
    }
  }
}
