import type { ApiAnswer } from '@staffetta/service-api';

/** An error whose answer is known. */
export class AnsweredError extends Error {
  readonly answer: ApiAnswer;
  /** By this name Fastify takes over the status. */
  readonly statusCode: number;

  constructor(answer: ApiAnswer) {
    super('the request was refused');
    this.answer = answer;
    this.statusCode = answer.status;
  }
}
