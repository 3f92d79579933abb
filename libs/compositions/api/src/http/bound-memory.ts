import { Transform } from 'node:stream';
import type { MemoryBudget } from '@staffetta/core';
import { errorAnswer } from '@staffetta/service-api';
import type { FastifyInstance } from 'fastify';
import { AnsweredError } from './answered-error.ts';

/**
 * Takes each octet of a body, `factor` times, from a budget for all requests; past it the request is answered 503.
 * What was taken comes back when the answer is out or the client gone.
 */
export function boundMemory(fastify: FastifyInstance, budget: MemoryBudget, factor: number): void {
  fastify.addHook('preParsing', async (_request, reply, payload) => {
    let taken = 0;
    reply.raw.once('close', () => budget.give(taken));
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const bytes = chunk.length * factor;
        if (reply.raw.closed || !budget.take(bytes)) {
          done(new AnsweredError(errorAnswer('1502', 'too many requests at once')));
          return;
        }
        taken += bytes;
        done(null, chunk);
      },
    });
    // The body's reader answers an error; once it has gone with the client, nobody needs to hear of it.
    counted.on('error', () => undefined);
    payload.once('error', (error) => counted.destroy(error));
    return payload.pipe(counted);
  });
}
