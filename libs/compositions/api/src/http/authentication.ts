import type { Directory } from '@staffetta/core';
import { UNAUTHORIZED, errorAnswer } from '@staffetta/service-api';
import type { ApiClient } from '@staffetta/service-api';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const KEY_MAX_CHARACTERS = 512;

const clients = new WeakMap<FastifyRequest, ApiClient>();

/** Who sent the request: known once the hook has let it pass. */
export function clientOf(request: FastifyRequest): ApiClient {
  const client = clients.get(request);
  if (client === undefined) throw new Error('a request that was not authenticated');
  return client;
}

/** Asks for an API key on every path of the API, before a body is read. */
export function addAuthentication(fastify: FastifyInstance, directory: Directory): void {
  fastify.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/api/')) return;
    const key = keyOf(request.headers.authorization ?? '');
    const entry = key === undefined ? undefined : await find(directory, key);
    if (entry === undefined || entry === 'unavailable') {
      const { status, body } = entry ? errorAnswer('1900', 'try again later') : UNAUTHORIZED;
      await reply.status(status).send(body);
      return;
    }
    const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    const { traceparent } = request.headers;
    clients.set(request, {
      keyId: entry.id,
      tenantId: entry.tenantId,
      peer,
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    });
  });
}

/** The directory throws where the database is away: no reason to refuse for good. */
async function find(directory: Directory, key: string): Promise<KeyEntry | 'unavailable'> {
  try {
    return await directory.apiKey(key);
  } catch {
    return 'unavailable';
  }
}

type KeyEntry = Awaited<ReturnType<Directory['apiKey']>>;

/** The key alone, as SparkPost's clients send it, or as the user name of Basic authentication. */
function keyOf(header: string): string | undefined {
  const basic = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  const key =
    basic === undefined ? header.trim() : Buffer.from(basic, 'base64').toString().split(':')[0]!;
  return key === '' || key.length > KEY_MAX_CHARACTERS ? undefined : key;
}
