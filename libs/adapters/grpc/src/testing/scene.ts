import { ResolverClient, ResolverService } from '@staffetta/contracts';
import type { ResolveRequest, ResolveResponse } from '@staffetta/contracts';
import { GrpcChannel } from '../channel.ts';
import type { GrpcChannelOptions } from '../channel.ts';
import { remoteError } from '../errors.ts';
import type { GrpcOffer } from '../offer.ts';
import { GrpcServer } from '../server.ts';
import type { GrpcServerOptions } from '../server.ts';
import { unary } from '../unary.ts';

export const HOST = '127.0.0.1';
const DEADLINE_MS = 2_000;

/** A service whose unary call is answered by a function, with a reason that the caller reads. */
export function offerOf(
  answer: (domain: string, signal: AbortSignal) => Promise<string>,
): GrpcOffer {
  return {
    definition: { resolve: ResolverService.resolve },
    implementation: {
      resolve: unary<ResolveRequest, ResolveResponse>(async ({ domain }, signal) => {
        const reason = await answer(domain, signal);
        return { answer: { answer: { $case: 'temporary', value: { reason } } } };
      }),
    },
  };
}

/** Servers and channels of a test, ended by `end`. */
export class Scene {
  readonly #ends: (() => unknown)[] = [];

  async serve(
    offer: GrpcOffer,
    options: Partial<GrpcServerOptions> = {},
  ): Promise<{ readonly server: GrpcServer; readonly port: number }> {
    const server = new GrpcServer({
      addresses: [HOST],
      port: 0,
      offers: [offer],
      isReady: () => true,
      ...options,
    });
    const port = await server.start();
    this.#ends.push(() => server.stop());
    return { server, port };
  }

  channel(
    targets: GrpcChannelOptions['targets'],
    options: Partial<GrpcChannelOptions> = {},
  ): GrpcChannel {
    const { path } = ResolverService.resolve;
    const methods = [{ path, deadlineMs: DEADLINE_MS, idempotent: true }];
    const channel = new GrpcChannel({ targets, methods, ...options });
    this.#ends.push(() => channel.close());
    return channel;
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end();
  }
}

/** One unary call; its reason, or a RemoteError. */
export async function call(channel: GrpcChannel, domain = 'example.test'): Promise<string> {
  const client = channel.client(ResolverClient);
  const { answer } = await new Promise<ResolveResponse>((resolve, reject) => {
    client.resolve({ domain }, (error, response) =>
      error ? reject(remoteError(error)) : resolve(response),
    );
  });
  return answer?.answer?.$case === 'temporary' ? answer.answer.value.reason : '';
}
