import type { SmtpAnswer } from '@staffetta/core';

function answer(code: number, enhanced: string, text: string): SmtpAnswer {
  return { code, enhanced, text };
}

/** Everything the SMTP doors answer beside what the listener answers by itself. */
export const ANSWERS = {
  senderOk: answer(250, '2.1.0', 'Ok'),
  recipientOk: answer(250, '2.1.5', 'Ok'),
  loggedIn: answer(235, '2.7.0', 'Authentication successful'),
  badLogin: answer(535, '5.7.8', 'Authentication credentials invalid'),
  loginUnavailable: answer(454, '4.7.0', 'Temporary authentication failure'),
  authRequired: answer(530, '5.7.0', 'Authentication required'),
  notYourAddress: answer(553, '5.7.1', 'Sender address is not yours'),
  notYourDomain: answer(550, '5.7.1', 'Sender domain is not yours'),
  badSenderDomain: answer(501, '5.1.7', 'Bad domain in sender address'),
  badRecipientDomain: answer(501, '5.1.3', 'Bad domain in recipient address'),
  unknownRecipient: answer(550, '5.1.1', 'No such recipient here'),
  relayingDenied: answer(550, '5.7.1', 'Relaying denied'),
  directoryUnavailable: answer(451, '4.3.0', 'Cannot look up addresses now, try again later'),
  logUnavailable: answer(451, '4.3.0', 'Mail cannot be stored now, try again later'),
  tooManyConnections: answer(421, '4.7.0', 'Too many connections from your address'),
  full: answer(421, '4.3.2', 'Too many connections, try again later'),
  nul: answer(550, '5.6.0', 'Message contains NUL'),
  bareLineEnd: answer(550, '5.6.0', 'Message contains bare CR or bare LF'),
  loop: answer(554, '5.4.6', 'Mail loop: too many Received fields'),
} satisfies Record<string, SmtpAnswer>;

/** The one answer that makes a message ours. */
export function queued(messageIds: readonly string[]): SmtpAnswer {
  return answer(250, '2.0.0', `Ok: queued as ${messageIds.join(' ')}`);
}
