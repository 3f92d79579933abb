import type { AuthenticateResponse, Recipient } from '@staffetta/contracts';
import type { Authentication, FoundRecipient } from '@staffetta/core';

/** A recipient as it travels. */
export function toRecipient({ kind, ...found }: FoundRecipient): Recipient {
  switch (kind) {
    case 'unknown':
      return { recipient: { $case: 'unknown', value: {} } };
    case 'foreign':
      return { recipient: { $case: 'foreign', value: {} } };
    default:
      return { recipient: { $case: kind, value: found } as Recipient['recipient'] };
  }
}

/** A recipient as it is used; undefined where a newer version knows more kinds. */
export function fromRecipient({ recipient }: Recipient): FoundRecipient | undefined {
  switch (recipient?.$case) {
    case 'account':
      return { kind: 'account', ...recipient.value };
    case 'alias':
      return { kind: 'alias', ...recipient.value };
    case 'relay':
      return { kind: 'relay', ...recipient.value };
    case 'unknown':
    case 'foreign':
      return { kind: recipient.$case };
    case undefined:
      return undefined;
  }
}

/** An answer to name and password as it travels. */
export function toAuthentication(answer: Authentication): AuthenticateResponse {
  if (answer.kind === 'refused') return { answer: { $case: 'refused', value: {} } };
  if (answer.kind === 'unavailable') return { answer: { $case: 'unavailable', value: {} } };
  const { submitter } = answer;
  return submitter.kind === 'account'
    ? { answer: { $case: 'account', value: submitter } }
    : { answer: { $case: 'credential', value: submitter } };
}

/** An answer to name and password as it is used. */
export function fromAuthentication({ answer }: AuthenticateResponse): Authentication {
  switch (answer?.$case) {
    case 'account':
      return { kind: 'ok', submitter: { kind: 'account', ...answer.value } };
    case 'credential':
      return { kind: 'ok', submitter: { kind: 'credential', ...answer.value } };
    case 'refused':
      return { kind: 'refused' };
    case 'unavailable':
    case undefined:
      return { kind: 'unavailable' };
  }
}
