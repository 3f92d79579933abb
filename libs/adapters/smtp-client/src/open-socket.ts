import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { SmtpTarget } from '@staffetta/core';

/** A connected socket, or why there is none. */
export type OpenedSocket = Socket | { readonly failed: string };

/** Connects within a time, unless told to stop. */
export function openSocket(
  target: SmtpTarget,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<OpenedSocket> {
  if (signal?.aborted === true) return Promise.resolve({ failed: 'connecting was given up' });
  const { address, port, localAddress } = target;
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    const finish = (result: OpenedSocket) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('connect', onConnect);
      if (result !== socket) socket.on('error', () => undefined).destroy();
      resolve(result);
    };
    const onAbort = () => finish({ failed: 'connecting was given up' });
    const onError = (error: Error) => finish({ failed: error.message });
    const onConnect = () => finish(socket);
    const timer = setTimeout(
      () => finish({ failed: `no connection within ${timeoutMs / 1000} s` }),
      timeoutMs,
    );
    signal?.addEventListener('abort', onAbort);
    socket.on('error', onError);
    socket.on('connect', onConnect);
  });
}
