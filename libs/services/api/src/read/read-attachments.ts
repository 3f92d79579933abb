import type { MimeAttachment } from '@staffetta/core';
import { Refusal } from '../api-error.ts';
import { hasControls, isObject, optionalArray, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { withCrlf } from '../render/line-ends.ts';

const ATTACHMENTS_MAX = 500;
const NAME_MAX_BYTES = 255;
const TYPE_MAX_BYTES = 1_024;
const DATA_MAX_BYTES = 128 * 1_024 * 1_024;

const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+[ \t]*(?:;[\t -~]*)?$/;
/** A Content-ID's inside; without blanks, since it stands in a URL too. */
const CONTENT_ID = /^[!-;=?-~]+$/;

/** `content.attachments` and `content.inline_images`, decoded. Throws a Refusal. */
export function readAttachments(content: Fields): MimeAttachment[] {
  return (['attachments', 'inline_images'] as const).flatMap((name) =>
    optionalArray(content, name, `content.${name}`, ATTACHMENTS_MAX).map((element, index) =>
      readAttachment(element, `content.${name}[${index}]`, name === 'inline_images'),
    ),
  );
}

function readAttachment(element: unknown, path: string, image: boolean): MimeAttachment {
  if (!isObject(element)) throw new Refusal('1300', `${path} must be an object`);
  const fileName = requiredText(element, 'name', `${path}.name`, NAME_MAX_BYTES);
  if (hasControls(fileName)) throw new Refusal('1300', `${path}.name has control characters`);
  if (image && !CONTENT_ID.test(fileName)) {
    throw new Refusal('1300', `${path}.name must be ASCII without blanks and angle brackets`);
  }
  const type = requiredText(element, 'type', `${path}.type`, TYPE_MAX_BYTES);
  if (!MEDIA_TYPE.test(type) || /^multipart\//i.test(type)) {
    throw new Refusal('1300', `${path}.type is no media type of a file`);
  }
  const data = decode(requiredText(element, 'data', `${path}.data`, DATA_MAX_BYTES), path);
  const message = /^message\//i.test(type);
  if (message && data.includes(0)) throw new Refusal('1300', `${path}.data has NUL octets`);
  return {
    fileName,
    type,
    // A message is not encoded within a message (RFC 2046 §5.2.1), so its line ends must be right.
    content: message ? withCrlf(data) : data,
    contentId: image ? fileName : '',
  };
}

/** Strict, for Buffer.from passes over what is no base64. */
function decode(text: string, path: string): Buffer {
  const packed = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) {
    throw new Refusal('1300', `${path}.data is no valid base64`);
  }
  return Buffer.from(packed, 'base64');
}
