import { Refusal } from '../api-error.ts';
import type { ApiError } from '../api-error.ts';
import { readMailbox } from '../mail-address.ts';
import {
  checkPlain,
  checkText,
  fieldOf,
  isObject,
  optionalArray,
  optionalData,
  optionalText,
} from './fields.ts';
import type { Fields } from './fields.ts';
import { readReturnPath } from './return-path.ts';

/** Recipients of one transmission. */
export const RECIPIENTS_MAX = 10_000;
const ADDRESS_TEXT_MAX_BYTES = 1_024;
const NAME_MAX_BYTES = 1_024;
/** The To field of a copy names all first recipients, so it may be long. */
const HEADER_TO_MAX_BYTES = 1_000_000;
const TAGS_MAX = 10;
const TAG_MAX_BYTES = 64;

/** One recipient as requested. */
export interface RecipientRequest {
  readonly address: string;
  /** Display name, empty for none. */
  readonly name: string;
  /** What the To field shows instead of the recipient: for copies. */
  readonly headerTo: string | undefined;
  readonly substitutionData: Fields | undefined;
  readonly metadata: Fields | undefined;
  readonly tags: readonly string[];
  readonly returnPath: string | undefined;
}

/** The recipients that can be sent to, and what is wrong with the others. */
export interface Recipients {
  readonly recipients: readonly RecipientRequest[];
  readonly rejections: readonly ApiError[];
}

/** Reads `recipients`. Throws a Refusal where it is no list of recipients at all. */
export function readRecipients(body: Fields): Recipients {
  const value = fieldOf(body, 'recipients');
  if (value === undefined) throw new Refusal('1400', 'recipients is required');
  if (isObject(value)) {
    const list = optionalText(value, 'list_id', 'recipients.list_id', 64);
    if (list !== undefined) throw new Refusal('1603', `recipient list '${list}' does not exist`);
  }
  const elements = optionalArray(body, 'recipients', 'recipients', RECIPIENTS_MAX);
  if (elements.length === 0) throw new Refusal('1400', 'recipients is required');
  const recipients: RecipientRequest[] = [];
  const rejections: ApiError[] = [];
  for (const element of elements) {
    try {
      recipients.push(readRecipient(element));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      rejections.push(error.error);
    }
  }
  return { recipients, rejections };
}

function readRecipient(element: unknown): RecipientRequest {
  const fields: Fields =
    typeof element === 'string' ? { address: element } : requireObject(element);
  const address = fieldOf(fields, 'address');
  const parts: Fields =
    typeof address === 'string' ? { email: address } : (optional(address) ?? {});
  const text = optionalText(parts, 'email', 'address.email', ADDRESS_TEXT_MAX_BYTES);
  if (text === undefined || text === '') {
    throw new Refusal('1400', 'address.email is required for each recipient');
  }
  const mailbox = readMailbox(text);
  if (mailbox === undefined) {
    throw new Refusal('1300', `'${text.slice(0, 100)}' is no valid email address`);
  }
  const headerTo = optionalText(parts, 'header_to', 'address.header_to', HEADER_TO_MAX_BYTES);
  const name = optionalText(parts, 'name', 'address.name', NAME_MAX_BYTES) ?? mailbox.name;
  return {
    address: mailbox.address,
    name: checkPlain(name, 'address.name'),
    headerTo: headerTo === '' ? undefined : headerTo && checkPlain(headerTo, 'address.header_to'),
    substitutionData: optionalData(fields, 'substitution_data', 'substitution_data'),
    metadata: optionalData(fields, 'metadata', 'metadata'),
    tags: optionalArray(fields, 'tags', 'tags', TAGS_MAX).map((tag) =>
      checkText(tag, 'tags', TAG_MAX_BYTES),
    ),
    returnPath: readReturnPath(fields, 'return_path'),
  };
}

function requireObject(value: unknown): Fields {
  if (!isObject(value)) throw new Refusal('1300', 'a recipient must be an object');
  return value;
}

function optional(value: unknown): Fields | undefined {
  return value === undefined ? undefined : requireObject(value);
}
