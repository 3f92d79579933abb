import type { OutgoingMessage, OutgoingRecipient } from '@staffetta/core';

/** RFC 5321 §4.5.3.1 lets a server refuse more; 254 octets of address, brackets and parameters stay far below. */
const ADDRESS_MAX_BYTES = 1_024;
/** RFC 3461 §5.4 bounds ENVID at 100 characters and §4.2 ORCPT at 500. */
const ENVID_MAX_CHARS = 100;
const ORCPT_MAX_CHARS = 500;

const XTEXT = /^[\x21-\x7e]+$/;
const ORCPT = /^[A-Za-z0-9-]+;[^\s\x00-\x20\x7f]+$/u;
const NOTIFY = /^(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2})$/i;

/** Which parameters go with the commands of a transaction. */
export interface CommandParameters {
  /** RFC 1870: octets declared; undefined where SIZE is not offered. */
  readonly sizeBytes: number | undefined;
  /** RFC 6152 BODY=8BITMIME. */
  readonly eightBit: boolean;
  /** RFC 6531. */
  readonly smtputf8: boolean;
  /** RFC 3461 RET, ENVID, NOTIFY, ORCPT. */
  readonly dsn: boolean;
}

/** MAIL FROM with its parameters, without line end. */
export function mailCommand(
  reversePath: string,
  message: Pick<OutgoingMessage, 'envid' | 'ret'>,
  parameters: CommandParameters,
): string {
  let line = `MAIL FROM:<${reversePath}>`;
  if (parameters.sizeBytes !== undefined) line += ` SIZE=${parameters.sizeBytes}`;
  if (parameters.eightBit) line += ' BODY=8BITMIME';
  if (parameters.smtputf8) line += ' SMTPUTF8';
  if (!parameters.dsn) return line;
  const { envid = '', ret = '' } = message;
  if (ret !== '') line += ` RET=${ret}`;
  if (envid.length <= ENVID_MAX_CHARS && XTEXT.test(envid)) line += ` ENVID=${envid}`;
  return line;
}

/** RCPT TO with its parameters, without line end. Parameters that would break the line are left out. */
export function rcptCommand(
  address: string,
  recipient: Pick<OutgoingRecipient, 'orcpt' | 'notify'>,
  parameters: CommandParameters,
): string {
  const line = `RCPT TO:<${address}>`;
  if (!parameters.dsn) return line;
  const { orcpt = '', notify = '' } = recipient;
  const withNotify = NOTIFY.test(notify) ? `${line} NOTIFY=${notify.toUpperCase()}` : line;
  const goes =
    orcpt.length <= ORCPT_MAX_CHARS &&
    ORCPT.test(orcpt) &&
    (parameters.smtputf8 || XTEXT.test(orcpt));
  return goes ? `${withNotify} ORCPT=${orcpt}` : withNotify;
}

/** Whether an address can stand between the brackets of a command: no controls, no bracket, no blank outside quotes. */
export function isCommandSafe(address: string): boolean {
  if (PLAIN_ADDRESS.test(address)) return true;
  return address.length <= ADDRESS_MAX_BYTES && ANY_ADDRESS.test(address);
}

const PLAIN_ADDRESS = /^[A-Za-z0-9._+=@-]{0,320}$/;
// A quoted local part may have blanks, brackets and escaped characters (RFC 5321 §4.1.2); nothing else may.
const ANY_ADDRESS =
  /^(?:"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"@|[^\s\x00-\x20\x7f<>"]*@)?[^\s\x00-\x20\x7f<>]*$/u;
