import { Refusal } from './api-error.ts';
import type { Fields } from './read/fields.ts';

/** Of a recipient, in JSON, as SparkPost bounds it. */
const METADATA_MAX_BYTES = 1_000;

/** A recipient's metadata over the transmission's, as JSON; undefined without any. Throws a Refusal. */
export function mergedMetadata(
  general: Fields | undefined,
  own: Fields | undefined,
): string | undefined {
  if (general === undefined && own === undefined) return undefined;
  const text = JSON.stringify({ ...general, ...own });
  if (Buffer.byteLength(text) > METADATA_MAX_BYTES) {
    throw new Refusal('2007', `metadata may have at most ${METADATA_MAX_BYTES} bytes`);
  }
  return text;
}
