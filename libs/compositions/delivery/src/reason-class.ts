import type { RecipientEvent } from '@staffetta/core';

/** Why a recipient was deferred or refused, as a label: few of them, whatever servers say. */
export type ReasonClass =
  | 'address'
  | 'connection'
  | 'content'
  | 'dns'
  | 'greylisting'
  | 'mailbox'
  | 'mailbox-full'
  | 'network'
  | 'other'
  | 'policy'
  | 'protocol'
  | 'rate'
  | 'system'
  | 'tls'
  | 'uncertain';

/** The subjects of RFC 3463 §3: the second number of an enhanced code. */
const SUBJECTS: Readonly<Record<string, ReasonClass>> = {
  '1': 'address',
  '2': 'mailbox',
  '3': 'system',
  '4': 'network',
  '5': 'protocol',
  '6': 'content',
  '7': 'policy',
};

/** Servers that give no enhanced code. */
const CODES: Readonly<Record<number, ReasonClass>> = {
  421: 'system',
  450: 'mailbox',
  451: 'system',
  452: 'system',
  550: 'mailbox',
  551: 'address',
  552: 'mailbox-full',
  553: 'address',
  554: 'policy',
};

const RATE = /\brate\b|too (many|much|fast)|throttl|try again later.*limit|limit exceeded/i;

/** The class of a deferral, bounce or expiry, by its enhanced code where the server gave one. */
export function reasonClass({ reply, reason = '', uncertain }: RecipientEvent): ReasonClass {
  if (uncertain === true) return 'uncertain';
  if (!reply) return localReason(reason);
  if (/gr[ae]y.?list/i.test(reply.text)) return 'greylisting';
  if (reply.code < 500 && RATE.test(reply.text)) return 'rate';
  if (reply.command === 'DNS') return 'dns';
  const [, subject = '', detail = ''] = reply.enhanced?.split('.') ?? [];
  if (subject === '2' && detail === '2') return 'mailbox-full';
  return SUBJECTS[subject] ?? CODES[reply.code] ?? 'other';
}

/** Where no server answered, the words are ours. */
function localReason(reason: string): ReasonClass {
  if (/^DNS\b|has (no|an) address|no address/i.test(reason)) return 'dns';
  if (/\btls\b|certificate/i.test(reason)) return 'tls';
  return 'connection';
}
