import { HttpException } from '@nestjs/common';
import type { Outcome } from '@staffetta/service-admin';

/** The body of an error (RFC 9457). */
export interface ProblemBody {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The field of the request that is wrong. */
  readonly field?: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not logged in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not available',
};

export function problemBody(status: number, detail: string, field?: string): ProblemBody {
  return {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    ...(field === undefined ? {} : { field }),
  };
}

/** An error that is answered with a problem document. */
export class Problem extends HttpException {
  constructor(status: number, detail: string, field?: string) {
    super(problemBody(status, detail, field), status);
  }
}

/** The value of an outcome; the rest is thrown as the problem that it is. */
export function valueOf<Value>(outcome: Outcome<Value>): Value {
  switch (outcome.kind) {
    case 'ok':
      return outcome.value;
    case 'invalid':
      throw new Problem(400, outcome.message, outcome.field);
    case 'refused':
      throw new Problem(409, outcome.message);
    case 'not-found':
      throw new Problem(404, outcome.message);
  }
}
