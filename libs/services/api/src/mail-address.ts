import { domainToASCII } from 'node:url';
import { domainKey, isDnsName, splitAddress } from '@staffetta/core';
import type { MimeMailbox } from '@staffetta/core';
import { parseAddressList } from '@staffetta/mime';

/** RFC 5321 §4.5.3.1. */
const LOCAL_PART_MAX_BYTES = 64;
const ADDRESS_MAX_BYTES = 254;

const DOT_ATOM =
  /^[\w!#$%&'*+/=?^`{|}~\u0080-\uffff-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u0080-\uffff-]+)*$/;
const QUOTED = /^"(?:[ !#-[\]-~\u0080-\uffff]|\\[ -~])*"$/;

/**
 * The address as it goes into the envelope, or undefined where it is none (RFC 5321 §4.1.2, RFC 6531). A domain that
 * is not ASCII becomes A-labels where the local part is ASCII, so that no SMTPUTF8 is needed.
 */
export function readAddress(text: string): string | undefined {
  const parts = splitAddress(text);
  if (parts === undefined || Buffer.byteLength(text) > ADDRESS_MAX_BYTES) return undefined;
  const { localPart, domain } = parts;
  if (Buffer.byteLength(localPart) > LOCAL_PART_MAX_BYTES) return undefined;
  if (!DOT_ATOM.test(localPart) && !QUOTED.test(localPart)) return undefined;
  // Address literals are left to SMTP: here they would only lead into networks that are none of the sender's business.
  if (!isDnsName(domainKey(domain.toLowerCase())) || domain.endsWith('.')) return undefined;
  return isAscii(domain) || !isAscii(localPart) ? text : `${localPart}@${domainToASCII(domain)}`;
}

/** `Name <address>` or an address alone; undefined where it is not exactly one valid mailbox. */
export function readMailbox(text: string): MimeMailbox | undefined {
  const plain = readAddress(text.trim());
  if (plain !== undefined) return { name: '', address: plain };
  const [found, ...others] = parseAddressList(text);
  if (found === undefined || others.length > 0) return undefined;
  const inAngles = /<([^<>]*)>\s*$/.exec(text)?.[1]?.trim();
  const address = readAddress(inAngles ?? `${found.mailbox}@${found.host}`);
  return address === undefined ? undefined : { name: found.name ?? '', address };
}

/** The key of an address's domain. */
export function domainOf(address: string): string {
  return domainKey(address.slice(address.lastIndexOf('@') + 1).toLowerCase());
}

export function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the range is what ASCII is
  return /^[\x00-\x7f]*$/.test(text);
}
