import { Channel } from '@grpc/grpc-js';
import type { ChannelCredentials, ChannelOptions, ClientOptions, Interceptor } from '@grpc/grpc-js';
import { KEEP_ALIVE, MESSAGE_LIMITS } from './limits.ts';
import { observeQuestions } from './observe-calls.ts';
import type { CallObserver } from './observe-calls.ts';
import { TargetList } from './target-list.ts';
import type { GrpcTarget } from './target-list.ts';
import { channelCredentials } from './tls-source.ts';
import type { TlsSource } from './tls-source.ts';
import { passTraceContext } from './trace-context.ts';

/** How calls of one method are made. */
export interface MethodPolicy {
  /** As `/package.Service/Method`. */
  readonly path: string;
  /** Until a call is given up, in milliseconds. */
  readonly deadlineMs: number;
  /** It may be done twice, so a call that found nobody is tried again. */
  readonly idempotent?: boolean;
}

export interface GrpcChannelOptions {
  /** One name, all addresses of which are used, or a list of instances. */
  readonly targets: GrpcTarget | TargetList;
  readonly tls?: TlsSource | undefined;
  /** Name in the certificates of those that answer. Default: the host of the target, or the service of the list. */
  readonly serverName?: string | undefined;
  readonly methods: readonly MethodPolicy[];
  readonly observer?: CallObserver | undefined;
}

/** A deadline is never absent. */
const DEADLINE_MS_DEFAULT = 5_000;
const RETRY_POLICY = {
  maxAttempts: 4,
  initialBackoff: '0.1s',
  maxBackoff: '1s',
  backoffMultiplier: 2,
  retryableStatusCodes: ['UNAVAILABLE'],
};
/** An instance that came back is found soon. */
const RECONNECT_MS = { first: 100, most: 1_000 };

/** A generated client's constructor. */
type ClientConstructor<Client> = new (
  address: string,
  credentials: ChannelCredentials,
  options: Partial<ClientOptions>,
) => Client;

/** Connections to the instances of a service, used in turn. */
export class GrpcChannel {
  readonly #target: string;
  readonly #credentials: ChannelCredentials;
  readonly #channel: Channel;
  readonly #interceptors: Interceptor[];

  constructor(options: GrpcChannelOptions) {
    const { targets, tls, serverName, observer } = options;
    this.#interceptors = [...(observer ? [observeQuestions(observer)] : []), passTraceContext];
    this.#target = targets instanceof TargetList ? targets.uri : dnsUri(targets);
    this.#credentials = channelCredentials(tls);
    this.#channel = new Channel(this.#target, this.#credentials, {
      ...KEEP_ALIVE,
      ...MESSAGE_LIMITS,
      'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.first,
      'grpc.max_reconnect_backoff_ms': RECONNECT_MS.most,
      'grpc.dns_min_time_between_resolutions_ms': RECONNECT_MS.most,
      'grpc.service_config_disable_resolution': 1,
      'grpc.service_config': JSON.stringify(serviceConfig(options.methods)),
      // Inside a cluster; a proxy for the outside world has no place here.
      'grpc.enable_http_proxy': 0,
      ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName }),
    } satisfies ChannelOptions);
  }

  /** A generated client on these connections. */
  client<Client>(constructor: ClientConstructor<Client>): Client {
    return new constructor(this.#target, this.#credentials, {
      channelOverride: this.#channel,
      interceptors: this.#interceptors,
    });
  }

  /** Ends all connections; calls under way fail. */
  close(): void {
    this.#channel.close();
  }
}

function dnsUri({ host, port }: GrpcTarget): string {
  return `dns:${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** https://github.com/grpc/grpc/blob/master/doc/service_config.md */
function serviceConfig(methods: readonly MethodPolicy[]): unknown {
  return {
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: [
      ...methods.map(({ path, deadlineMs, idempotent }) => {
        const [, service, method] = path.split('/');
        const policy = idempotent ? { retryPolicy: RETRY_POLICY } : {};
        return { name: [{ service, method }], timeout: seconds(deadlineMs), ...policy };
      }),
      { name: [{}], timeout: seconds(DEADLINE_MS_DEFAULT) },
    ],
  };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)}s`;
}
