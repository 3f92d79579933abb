import { Catch, HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { errorAnswer } from '@staffetta/service-api';
import type { ApiAnswer } from '@staffetta/service-api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnsweredError } from './answered-error.ts';

const TRANSMISSIONS = /^\/api\/v1\/transmissions\/?(?:\?|$)/;

/** Answers every error in SparkPost's shape; what nobody expected is logged, and not told. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const { status, body } = this.#answerOf(error, http.getRequest<FastifyRequest>());
    if (status === 405) reply.header('allow', 'POST');
    void reply.status(status).send(body);
  }

  #answerOf(error: unknown, request: FastifyRequest): ApiAnswer {
    if (error instanceof AnsweredError) return error.answer;
    const status = statusOf(error);
    const message = error instanceof Error ? error.message : '';
    if (status === 404) {
      return TRANSMISSIONS.test(request.url) ? errorAnswer('1102') : errorAnswer('1101');
    }
    if (status === 415) return errorAnswer('1700', 'the body must be application/json');
    if (status === 400) return errorAnswer('1200', message);
    if (status !== undefined && status < 500) return { status, body: { errors: [{ message }] } };
    this.#onError(error);
    return { status: 500, body: { errors: [{ message: 'Internal server error' }] } };
  }
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 ? statusCode : undefined;
}
