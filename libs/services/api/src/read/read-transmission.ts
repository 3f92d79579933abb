import { Refusal } from '../api-error.ts';
import type { ApiError } from '../api-error.ts';
import { optionalBoolean, optionalData, optionalObject, optionalText, isObject } from './fields.ts';
import type { Fields } from './fields.ts';
import { readContent } from './read-content.ts';
import type { Content } from './read-content.ts';
import { readRecipients } from './read-recipients.ts';
import type { RecipientRequest } from './read-recipients.ts';
import { readReturnPath } from './return-path.ts';

const CAMPAIGN_MAX_BYTES = 64;
const DESCRIPTION_MAX_BYTES = 1_024;
const POOL_MAX_BYTES = 64;
/** How far ahead a transmission may be scheduled. */
const START_AHEAD_MAX_MS = 366 * 24 * 60 * 60 * 1_000;
/** A transmission to more recipients is bulk whatever it says of itself. */
const NOT_BULK_RECIPIENTS_MAX = 100;

/** A request to send, checked. */
export interface Transmission {
  readonly content: Content;
  readonly recipients: readonly RecipientRequest[];
  /** Of recipients that cannot be sent to, in their order. */
  readonly rejections: readonly ApiError[];
  readonly campaign: string;
  readonly metadata: Fields | undefined;
  readonly substitutionData: Fields | undefined;
  /** Reverse-path; the From address where it is absent. */
  readonly returnPath: string | undefined;
  readonly bulk: boolean;
  /** Milliseconds since 1970; 0 for at once. */
  readonly notBeforeMs: number;
  readonly egressPool: string;
  /** False: texts are sent as they are. */
  readonly substitute: boolean;
}

/** Reads the body of `POST /api/v1/transmissions`. Throws a Refusal. */
export function readTransmission(body: unknown, nowMs: number): Transmission {
  if (!isObject(body)) throw new Refusal('1300', 'the body must be a JSON object');
  const options = optionalObject(body, 'options', 'options') ?? {};
  const content = optionalObject(body, 'content', 'content');
  if (content === undefined) throw new Refusal('1400', 'content object is required');
  optionalText(body, 'description', 'description', DESCRIPTION_MAX_BYTES);
  const { recipients, rejections } = readRecipients(body);
  const count = recipients.length + rejections.length;
  return {
    content: readContent(content),
    recipients,
    rejections,
    campaign: optionalText(body, 'campaign_id', 'campaign_id', CAMPAIGN_MAX_BYTES) ?? '',
    metadata: optionalData(body, 'metadata', 'metadata'),
    substitutionData: optionalData(body, 'substitution_data', 'substitution_data'),
    returnPath: readReturnPath(body, 'return_path'),
    bulk:
      optionalBoolean(options, 'transactional', 'options.transactional') === false ||
      count > NOT_BULK_RECIPIENTS_MAX,
    notBeforeMs: readStartTime(options, nowMs),
    egressPool: optionalText(options, 'ip_pool', 'options.ip_pool', POOL_MAX_BYTES) ?? '',
    substitute:
      optionalBoolean(options, 'perform_substitutions', 'options.perform_substitutions') ?? true,
  };
}

/** `now`, or RFC 3339 with an offset; what is past is at once. */
function readStartTime(options: Fields, nowMs: number): number {
  const text = optionalText(options, 'start_time', 'options.start_time', 64);
  if (text === undefined || text === '' || text === 'now') return 0;
  const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)$/;
  const timeMs = dateTime.test(text)
    ? Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
    : Number.NaN;
  if (Number.isNaN(timeMs)) {
    throw new Refusal('1300', 'options.start_time must have the form YYYY-MM-DDTHH:MM:SS+HH:MM');
  }
  if (timeMs > nowMs + START_AHEAD_MAX_MS) {
    throw new Refusal('1300', 'options.start_time is more than a year ahead');
  }
  return timeMs <= nowMs ? 0 : timeMs;
}
