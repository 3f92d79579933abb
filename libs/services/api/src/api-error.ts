/** The codes that SparkPost gives its errors, with the HTTP status and the message that go with each. */
const API_ERRORS = {
  '1101': { status: 404, message: 'invalid URI' },
  '1102': { status: 405, message: 'invalid HTTP method' },
  '1200': { status: 400, message: 'invalid params' },
  '1300': { status: 422, message: 'invalid data format/type' },
  '1301': { status: 422, message: 'invalid combination of fields' },
  '1400': { status: 422, message: 'required field is missing' },
  '1502': { status: 503, message: 'server resources unavailable' },
  '1600': { status: 404, message: 'resource not found' },
  '1603': { status: 422, message: 'subresource not found' },
  '1700': { status: 415, message: 'unsupported Content-Type header' },
  '1900': { status: 503, message: 'message generation module not available' },
  '1902': { status: 400, message: 'message generation rejected' },
  '2000': { status: 200, message: 'transmission created, but with validation errors' },
  '2007': { status: 422, message: 'metadata size too large' },
  '3000': { status: 422, message: 'substitution language syntax error in template content' },
  '3001': { status: 422, message: 'substitution render error' },
  '3002': { status: 422, message: 'invalid header' },
  '3020': { status: 422, message: 'template mime parsing error' },
  '5002': { status: 400, message: 'at least one valid recipient is required' },
  '7001': { status: 400, message: 'Invalid domain' },
} as const;

export type ApiErrorCode = keyof typeof API_ERRORS;

/** One error of an answer, in SparkPost's shape. */
export interface ApiError {
  readonly message: string;
  readonly code: ApiErrorCode;
  readonly description?: string;
  /** Of a template: `text`, `html`, `amp_html` or `Header:Name`, and the line in it. */
  readonly part?: string;
  readonly line?: number;
}

/** What an HTTP request is answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: object;
}

/** Where in a template an error is. */
export interface TemplatePlace {
  readonly part: string;
  readonly line: number;
}

/** The request, or one recipient of it, cannot be taken. Thrown within this library only. */
export class Refusal extends Error {
  readonly code: ApiErrorCode;
  readonly error: ApiError;

  constructor(code: ApiErrorCode, description: string, place?: TemplatePlace) {
    super(description);
    this.code = code;
    this.error = apiError(code, description, place);
  }

  get answer(): ApiAnswer {
    return { status: statusOf(this.code), body: { errors: [this.error] } };
  }
}

export function apiError(
  code: ApiErrorCode,
  description?: string,
  place?: TemplatePlace,
): ApiError {
  return {
    message: API_ERRORS[code].message,
    ...(description !== undefined && { description }),
    code,
    ...place,
  };
}

/** The HTTP status of an answer that consists of the error. */
export function statusOf(code: ApiErrorCode): number {
  return API_ERRORS[code].status;
}

/** An answer that consists of one error. */
export function errorAnswer(code: ApiErrorCode, description?: string): ApiAnswer {
  return { status: statusOf(code), body: { errors: [apiError(code, description)] } };
}

/** The answer to a request without a valid API key. */
export const UNAUTHORIZED: ApiAnswer = {
  status: 401,
  body: { errors: [{ message: 'Unauthorized.' }] },
};
