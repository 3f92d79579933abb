import { status } from '@grpc/grpc-js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { ServerReflectionService } from '@staffetta/contracts';
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
  ServerReflectionServer,
} from '@staffetta/contracts';
import type { DescriptorIndex } from './descriptor-index.ts';
import type { GrpcOffer } from './offer.ts';

type Stream = ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;
type Answer = ServerReflectionResponse['messageResponse'];

/** grpc.reflection.v1: tools such as grpcurl learn from it what can be asked. */
export class Reflection implements GrpcOffer {
  readonly definition = ServerReflectionService;
  readonly implementation: ServerReflectionServer;
  readonly #services: readonly string[];
  readonly #streams = new Set<Stream>();
  /** Read when somebody asks for the first time. */
  #index: Promise<DescriptorIndex> | undefined;

  /** `services` by full name. */
  constructor(services: readonly string[]) {
    this.#services = services;
    this.implementation = { serverReflectionInfo: (call) => void this.#serve(call) };
  }

  drain(): void {
    for (const stream of this.#streams) stream.end();
  }

  async #serve(call: Stream): Promise<void> {
    this.#streams.add(call);
    call.on('cancelled', () => this.#streams.delete(call));
    call.on('error', () => this.#streams.delete(call));
    this.#index ??= import('./descriptor-index.ts').then((module) => new module.DescriptorIndex());
    const index = await this.#index;
    call.on('data', (request: ServerReflectionRequest) => {
      const messageResponse = this.#answer(request.messageRequest, index);
      call.write({ validHost: request.host, originalRequest: request, messageResponse });
    });
    call.on('end', () => {
      this.#streams.delete(call);
      call.end();
    });
  }

  #answer(request: ServerReflectionRequest['messageRequest'], index: DescriptorIndex): Answer {
    switch (request?.$case) {
      case 'listServices':
        return {
          $case: 'listServicesResponse',
          value: { service: this.#services.map((name) => ({ name })) },
        };
      case 'fileByFilename':
        return filesOf(index.byName(request.value));
      case 'fileContainingSymbol':
        return filesOf(index.bySymbol(request.value));
      case 'allExtensionNumbersOfType':
      case 'fileContainingExtension':
      case undefined:
        // proto3 has no extensions of messages.
        return refusal(status.NOT_FOUND, 'there are no extensions');
    }
  }
}

function filesOf(files: Buffer[] | undefined): Answer {
  if (!files) return refusal(status.NOT_FOUND, 'not found');
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto: files } };
}

function refusal(errorCode: status, errorMessage: string): Answer {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } };
}
