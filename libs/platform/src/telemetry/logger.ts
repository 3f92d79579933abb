import { destination, pino, stdSerializers, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { hideUrlPassword } from '../config/redact.ts';

export type { Logger } from 'pino';

/** Settings of the log. */
export interface LoggerOptions {
  readonly level: string;
  /** As in `instanceName`; stands in every line. */
  readonly instance: string;
  /** Where lines go; stderr unless told. */
  readonly destination?: DestinationStream;
}

const STDERR = 2;
/** Lines that stderr has not taken; past it they are dropped, for a stuck reader must not stop mail or fill memory. */
const UNWRITTEN_MAX_BYTES = 4 * 1024 * 1024;
const SECRET_NAMES = [
  'password',
  'secret',
  'token',
  'apiKey',
  'privateKey',
  'authorization',
  'cookie',
];

/** A log of JSON lines on stderr. Fields with the names of secrets, and passwords in URLs, are hidden. */
export function createLogger({ level, instance, destination: given }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { instance, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: withMessageId },
      redact: {
        paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[hidden]',
      },
      serializers: { error: serializeError, err: serializeError },
    },
    given ??
      destination({ dest: STDERR, sync: false, minLength: 0, maxLength: UNWRITTEN_MAX_BYTES }),
  );
}

/** An error about a message (`aboutMessage` of core) has its id in the line, where every line has it. */
function withMessageId(fields: Record<string, unknown>): Record<string, unknown> {
  const { messageId } = (fields['err'] ?? fields['error'] ?? {}) as { messageId?: unknown };
  return messageId === undefined || 'messageId' in fields ? fields : { messageId, ...fields };
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, code, cause } = stdSerializers.errWithCause(error) as {
    type: string;
    message: string;
    stack?: string;
    code?: unknown;
    cause?: { message?: string };
  };
  return {
    type,
    message: hideUrlPassword(message),
    ...(code === undefined ? {} : { code }),
    ...(cause?.message === undefined ? {} : { cause: hideUrlPassword(cause.message) }),
    ...(stack === undefined ? {} : { stack: hideUrlPassword(stack) }),
  };
}
