import { Refusal } from '../api-error.ts';
import { readAddress } from '../mail-address.ts';
import { optionalText } from './fields.ts';
import type { Fields } from './fields.ts';

/** A reverse-path of its own, of a transmission or of a recipient. */
export function readReturnPath(from: Fields, path: string): string | undefined {
  const text = optionalText(from, 'return_path', path, 320);
  if (text === undefined || text === '') return undefined;
  const address = readAddress(text);
  if (address === undefined) throw new Refusal('1300', `${path} is no valid email address`);
  return address;
}
