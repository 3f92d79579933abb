import { Body, Controller, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { errorAnswer } from '@staffetta/service-api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { API_PARTS } from './api-parts.ts';
import type { ApiParts } from './api-parts.ts';
import { clientOf } from './http/authentication.ts';

/** `POST /api/v1/transmissions`. */
@Controller('api/v1/transmissions')
export class TransmissionsController {
  readonly #parts: ApiParts;

  constructor(@Inject(API_PARTS) parts: unknown) {
    this.#parts = parts as ApiParts;
  }

  @Post()
  async send(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() body: unknown,
    @Query('num_rcpt_errors') errors: unknown,
  ): Promise<object> {
    const { transmissions, acceptsMail } = this.#parts;
    const answer = acceptsMail()
      ? await transmissions.send(clientOf(request), body, errorsMax(errors))
      : errorAnswer('1502', 'insufficient storage, try again later');
    reply.status(answer.status);
    return answer.body;
  }
}

/** How many recipients' errors the client wants to see; all, where it does not say. */
function errorsMax(value: unknown): number {
  return typeof value === 'string' && /^\d{1,6}$/.test(value)
    ? Number(value)
    : Number.POSITIVE_INFINITY;
}
