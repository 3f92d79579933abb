import type { SmtpAnswer, SmtpMail, SmtpRcpt } from '@staffetta/core';
import { ANSWERS } from './answers.ts';
import { parsePath } from './parse-path.ts';

const PARAMETERS_MAX = 20;
/** RFC 3461 §4.4 and §4.2. */
const ENVID_MAX = 100;
const ORCPT_MAX = 500;
const XTEXT = /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})+$/;
const ORCPT = /^[a-z0-9-]+;(?:[!-*,-<>-~]|\+[0-9A-F]{2})+$/i;
/** RFC 6533 §3: with SMTPUTF8 an address of type utf-8 may stand as it is. */
const ORCPT_UTF8 = /^utf-8;[^\s\0-\x1f\x7f\ufffd]+$/i;
const NOTIFY = /^(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2})$/;
const NON_ASCII = /[^\0-\x7f]/;

/** Parses what follows `MAIL`: `FROM:<path>` and its parameters, or the answer that refuses it. */
export function parseMail(text: string, sizeMax: number): SmtpMail | SmtpAnswer {
  const argument = /^FROM: *(.*)$/i.exec(text);
  const path = argument && parsePath(argument[1]!);
  if (!path || path.address.toLowerCase() === 'postmaster') return ANSWERS.badAddress;
  const parameters = readParameters(path.parameters);
  if (!parameters) return ANSWERS.badParameter;
  const mail = { address: path.address, ...NO_MAIL_PARAMETERS };
  for (const [name, value] of parameters) {
    const error = applyMailParameter(mail, name, value, sizeMax);
    if (error) return error;
  }
  return !mail.smtputf8 && NON_ASCII.test(mail.address) ? ANSWERS.noUtf8 : mail;
}

/** Parses what follows `RCPT`: `TO:<path>` and its parameters, or the answer that refuses it. */
export function parseRcpt(text: string, smtputf8: boolean): SmtpRcpt | SmtpAnswer {
  const argument = /^TO: *(.*)$/i.exec(text);
  const path = argument && parsePath(argument[1]!);
  if (!path || path.address === '') return ANSWERS.badAddress;
  if (!smtputf8 && NON_ASCII.test(path.address)) return ANSWERS.noUtf8;
  const parameters = readParameters(path.parameters);
  if (!parameters) return ANSWERS.badParameter;
  const rcpt = { address: path.address, notify: '', orcpt: '' };
  for (const [name, value] of parameters) {
    if (name === 'NOTIFY') rcpt.notify = value.toUpperCase();
    else if (name === 'ORCPT') rcpt.orcpt = value;
    else return ANSWERS.unknownParameter;
  }
  if (parameters.has('NOTIFY') && !NOTIFY.test(rcpt.notify)) return ANSWERS.badParameter;
  if (parameters.has('ORCPT') && !isOrcpt(rcpt.orcpt, smtputf8)) return ANSWERS.badParameter;
  return rcpt;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NO_MAIL_PARAMETERS: Omit<SmtpMail, 'address'> = {
  sizeBytes: 0,
  body: '',
  smtputf8: false,
  ret: '',
  envid: '',
};

function applyMailParameter(
  mail: Writable<SmtpMail>,
  name: string,
  value: string,
  sizeMax: number,
): SmtpAnswer | undefined {
  const upper = value.toUpperCase();
  switch (name) {
    case 'SIZE':
      if (!/^[0-9]{1,20}$/.test(value)) return ANSWERS.badParameter;
      mail.sizeBytes = Number(value);
      return mail.sizeBytes > sizeMax ? ANSWERS.sizeExceeded : undefined;
    case 'BODY':
      if (upper !== '7BIT' && upper !== '8BITMIME') return ANSWERS.badParameter;
      mail.body = upper;
      return undefined;
    case 'SMTPUTF8':
      mail.smtputf8 = true;
      return value === '' ? undefined : ANSWERS.badParameter;
    case 'RET':
      if (upper !== 'FULL' && upper !== 'HDRS') return ANSWERS.badParameter;
      mail.ret = upper;
      return undefined;
    case 'ENVID':
      mail.envid = value;
      return XTEXT.test(value) && value.length <= ENVID_MAX ? undefined : ANSWERS.badParameter;
    case 'AUTH':
      // RFC 4954 §5: who wrote it, as a relay says. Nobody is trusted to say so.
      return value === '<>' || XTEXT.test(value) ? undefined : ANSWERS.badParameter;
    default:
      return ANSWERS.unknownParameter;
  }
}

function isOrcpt(value: string, smtputf8: boolean): boolean {
  if (value.length > ORCPT_MAX) return false;
  return ORCPT.test(value) || (smtputf8 && ORCPT_UTF8.test(value));
}

/** Names in upper case; undefined where the syntax is wrong or a name stands twice. */
function readParameters(text: string): Map<string, string> | undefined {
  const parameters = new Map<string, string>();
  if (text === '') return parameters;
  for (const word of text.split(/ +/)) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=(\S+))?$/.exec(word);
    const name = match?.[1]!.toUpperCase();
    if (!match || !name || parameters.has(name) || parameters.size === PARAMETERS_MAX)
      return undefined;
    parameters.set(name, match[2] ?? '');
  }
  return parameters;
}
