import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ADMIN_PARTS } from '../admin-parts.ts';
import type { AdminParts } from '../admin-parts.ts';
import { Needs } from '../http/access.ts';
import type { AdminRequest } from '../http/access.ts';
import { Problem } from '../http/problem.ts';

const STREAMS_MAX = 200;
/** A page asks again then, so that a session that has ended shows nothing for longer. */
const STREAM_LIFE_MS = 10 * 60_000;
const RETRY_MS = 2_000;

/** Live figures as server-sent events, one a second. */
@Controller('live')
@Needs('viewer')
export class LiveController {
  readonly #parts: AdminParts;
  #streams = 0;

  constructor(@Inject(ADMIN_PARTS) parts: AdminParts) {
    this.#parts = parts;
  }

  @Get()
  stream(@Req() request: AdminRequest, @Res() reply: FastifyReply): void {
    if (this.#streams >= STREAMS_MAX) throw new Problem(503, 'too many live pages are open');
    this.#streams += 1;
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    const unwatch = this.#parts.live.watch((snapshot) => {
      // A reader that is slow misses figures instead of filling memory.
      if (response.writableNeedDrain) return;
      response.write(`data: ${JSON.stringify(snapshot)}\n\n`);
    });
    const timer = setTimeout(() => response.end(), STREAM_LIFE_MS);
    const ended = (): void => {
      clearTimeout(timer);
      unwatch();
    };
    request.raw.socket.once('close', ended);
    response.once('close', () => {
      this.#streams -= 1;
      request.raw.socket.off('close', ended);
      ended();
    });
  }
}
