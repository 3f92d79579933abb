import { InterceptingCall, ServerInterceptingCall, status } from '@grpc/grpc-js';
import type { Interceptor, ServerInterceptor } from '@grpc/grpc-js';

/** Told of each call when it ends, for metrics. */
export interface CallObserver {
  /** `method` as `/package.Service/Method`, of services that are known; `code` as `OK`; the time in seconds. */
  ended(method: string, code: string, seconds: number): void;
}

/** Calls that a server answers; what it does not know is not told, so that strangers make no labels. */
export function observeAnswers(observer: CallObserver): ServerInterceptor {
  return ({ path }, call) => {
    const tell = once(observer, path);
    return new ServerInterceptingCall(call, {
      start: (next) => next({ onCancel: () => tell(status.CANCELLED) }),
      sendStatus: (state, next) => {
        tell(state.code ?? status.UNKNOWN);
        next(state);
      },
    });
  };
}

/** Calls that a client makes; with its retries each is one. */
export function observeQuestions(observer: CallObserver): Interceptor {
  return (options, nextCall) => {
    const tell = once(observer, options.method_definition.path);
    return new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) =>
        next(metadata, {
          onReceiveStatus: (state, after) => {
            tell(state.code);
            after(state);
          },
        }),
    });
  };
}

function once(observer: CallObserver, path: string): (code: status) => void {
  const beganMs = performance.now();
  let told = false;
  return (code) => {
    if (told) return;
    told = true;
    observer.ended(path, status[code] ?? 'UNKNOWN', (performance.now() - beganMs) / 1_000);
  };
}
