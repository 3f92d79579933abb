import { DELIVERY_METHODS, GrpcDeliveryView } from '@staffetta/delivery-grpc';
import type { Choice } from './choice.ts';
import { ServiceChannel } from './service-channel.ts';
import type { Surroundings } from './service-channel.ts';

/** The delivery worker at `grpc.targets.delivery`. */
export class ConfiguredWorker implements Choice {
  readonly view: GrpcDeliveryView;
  readonly #line: ServiceChannel;

  constructor(surroundings: Surroundings) {
    this.#line = new ServiceChannel(surroundings, 'delivery', DELIVERY_METHODS);
    this.view = new GrpcDeliveryView(this.#line.channel);
  }

  async look(): Promise<void> {}

  close(): void {
    this.#line.close();
  }
}
