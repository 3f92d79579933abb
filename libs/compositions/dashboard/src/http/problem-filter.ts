import { Catch, HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { ServiceUnavailable } from '@staffetta/core';
import { PasswordsBusy, isConnectionLoss } from '@staffetta/postgres';
import type { FastifyReply } from 'fastify';
import { Problem, problemBody } from './problem.ts';
import type { ProblemBody } from './problem.ts';

/** Answers every error with a problem document; what nobody expected is logged, and not told. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const body = this.#bodyOf(error);
    void reply.status(body.status).header('content-type', 'application/problem+json').send(body);
  }

  #bodyOf(error: unknown): ProblemBody {
    if (error instanceof Problem) return error.getResponse() as ProblemBody;
    if (error instanceof HttpException) return problemBody(error.getStatus(), error.message);
    if (error instanceof PasswordsBusy) return problemBody(503, 'busy: try again in a moment');
    if (error instanceof ServiceUnavailable) return problemBody(503, error.message);
    if (isConnectionLoss(error)) return problemBody(503, 'the database cannot be reached');
    const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return problemBody(status, (error as Error).message);
    }
    this.#onError(error);
    return problemBody(500, 'an error that was not expected; it is in the log');
  }
}
