import { status } from '@grpc/grpc-js';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { ServiceUnavailable } from '@staffetta/core';
import { remoteError } from './errors.ts';

/** A unary call as a promise. Rejects with ServiceUnavailable where asking again may help, else with RemoteError. */
export function ask<Response>(
  service: string,
  call: (done: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error ? reject(unanswered(service, error)) : resolve(response)));
  });
}

/** All parts of a server-streaming call. Rejects as `ask` does. */
export async function askParts<Part>(
  service: string,
  call: ClientReadableStream<Part>,
): Promise<Part[]> {
  const parts: Part[] = [];
  try {
    for await (const part of call) parts.push(part as Part);
  } catch (error) {
    throw unanswered(service, error);
  }
  return parts;
}

/** A service of an older version does not know every question: while it is replaced, another one may. */
function unanswered(service: string, error: unknown): Error {
  const remote = remoteError(error);
  const later = remote.temporary || remote.status === status[status.UNIMPLEMENTED];
  return later ? new ServiceUnavailable(service, remote.message, { cause: remote }) : remote;
}
