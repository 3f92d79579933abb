import { DELIVERY_METHODS, GrpcDeliveryView } from '@staffetta/delivery-grpc';
import { GrpcChannel, TargetList } from '@staffetta/grpc';
import { serviceInstances } from '@staffetta/postgres';
import type { GrpcAddress } from '@staffetta/postgres';
import type { KnownWorker } from './all-workers.ts';
import type { Choice } from './choice.ts';
import type { Surroundings } from './service-channel.ts';

const SERVICE = 'delivery';
const NO_ADDRESS = 'it does not answer gRPC: grpc.port is 0 there';

/** A connection to one instance, by which it is asked and no other. */
interface Line {
  readonly view: GrpcDeliveryView;
  readonly list: TargetList;
  close(): void;
}

/** Each delivery worker that is in the table of instances, with a connection of its own. */
export class RegisteredWorkers implements Choice {
  readonly #surroundings: Surroundings;
  readonly #lines = new Map<string, Line>();
  #workers: readonly KnownWorker[] = [];

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  get workers(): readonly KnownWorker[] {
    return this.#workers;
  }

  async look(): Promise<void> {
    const found = await serviceInstances(this.#surroundings.database, SERVICE);
    const ids = new Set(found.map(({ id }) => id));
    for (const [id, line] of this.#lines) {
      if (ids.has(id)) continue;
      line.close();
      this.#lines.delete(id);
    }
    this.#workers = found.map(({ id, grpc }) => ({
      id,
      view: grpc ? this.#line(id, grpc).view : NO_ADDRESS,
    }));
  }

  close(): void {
    for (const line of this.#lines.values()) line.close();
    this.#lines.clear();
    this.#workers = [];
  }

  #line(id: string, { host, port }: GrpcAddress): Line {
    let line = this.#lines.get(id);
    if (!line) this.#lines.set(id, (line = this.#connect()));
    line.list.set([{ host, port }]);
    return line;
  }

  #connect(): Line {
    const { config, tls, observer } = this.#surroundings;
    const list = new TargetList(SERVICE);
    const { serverName } = config.grpc.tls;
    const methods = DELIVERY_METHODS;
    const channel = new GrpcChannel({ targets: list, tls, serverName, methods, observer });
    return {
      list,
      view: new GrpcDeliveryView(channel),
      close: () => {
        channel.close();
        list.close();
      },
    };
  }
}
