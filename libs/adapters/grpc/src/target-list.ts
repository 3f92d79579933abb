import { isDeepStrictEqual } from 'node:util';
import { experimental, status } from '@grpc/grpc-js';

/** Where a service answers. */
export interface GrpcTarget {
  readonly host: string;
  readonly port: number;
}

/** The scheme under which grpc-js finds our lists. */
const SCHEME = 'staffetta';
const lists = new Map<string, TargetList>();
let made = 0;

/** The instances of a service, which may change while it is used. */
export class TargetList {
  /** The name by which a channel finds it; its last part is what certificates are checked for, if nothing else is said. */
  readonly uri: string;
  readonly #key: string;
  readonly #watchers = new Set<() => void>();
  #targets: readonly GrpcTarget[] = [];

  constructor(service: string, targets: readonly GrpcTarget[] = []) {
    this.#targets = targets;
    this.#key = `${++made}/${service}`;
    this.uri = `${SCHEME}:${this.#key}`;
    lists.set(this.#key, this);
  }

  get targets(): readonly GrpcTarget[] {
    return this.#targets;
  }

  /** Replaces the list; calls go round the new one at once. */
  set(targets: readonly GrpcTarget[]): void {
    if (isDeepStrictEqual(targets, this.#targets)) return;
    this.#targets = targets;
    for (const watcher of this.#watchers) watcher();
  }

  /** Calls back at each change, until the function returned is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** No channel can be made from it any more. */
  close(): void {
    lists.delete(this.#key);
  }
}

/** What grpc-js asks for the addresses of a list. */
class TargetListResolver implements experimental.Resolver {
  readonly #list: TargetList | undefined;
  readonly #listener: experimental.ResolverListener;
  #unwatch: (() => void) | undefined;

  constructor(target: experimental.GrpcUri, listener: experimental.ResolverListener) {
    this.#list = lists.get(target.path);
    this.#listener = listener;
  }

  static getDefaultAuthority(target: experimental.GrpcUri): string {
    return target.path.split('/')[1] ?? target.path;
  }

  updateResolution(): void {
    // Asked again and again while an instance does not answer: the same list once more would make a loop without end.
    if (this.#unwatch) return;
    this.#unwatch = this.#list?.watch(() => this.#tell());
    // Never in the call of updateResolution itself: so the interface wants it.
    process.nextTick(() => this.#tell());
  }

  destroy(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #tell(): void {
    if (!this.#unwatch) return;
    const endpoints = (this.#list?.targets ?? []).map(({ host, port }) => ({
      addresses: [{ host, port }],
    }));
    const result =
      endpoints.length > 0
        ? experimental.statusOrFromValue(endpoints)
        : experimental.statusOrFromError<typeof endpoints>({
            code: status.UNAVAILABLE,
            details: 'no instance is known',
          });
    this.#listener(result, {}, null, '');
  }
}

experimental.registerResolver(SCHEME, TargetListResolver);
