import type { SmtpAnswer } from '@staffetta/core';

function answer(code: number, enhanced: string, text: string): SmtpAnswer {
  return { code, enhanced, text };
}

/** What the listener itself answers; everything else is the handler's. */
export const ANSWERS = {
  ok: answer(250, '2.0.0', 'Ok'),
  bye: { ...answer(221, '2.0.0', 'Bye'), close: true },
  help: answer(214, '2.0.0', 'RFC 5321'),
  vrfy: answer(252, '2.5.0', 'Cannot VRFY user, but will take mail for it'),
  startData: answer(354, '', 'End data with <CR><LF>.<CR><LF>'),
  unexpected: answer(451, '4.3.0', 'Error in processing, try again later'),
  sizeExceeded: answer(552, '5.3.4', 'Message size exceeds limit'),
  memoryShort: answer(452, '4.3.1', 'Too much mail in transit, try again later'),
  tooManyRecipients: answer(452, '4.5.3', 'Too many recipients'),
  tooManyErrors: answer(421, '4.7.0', 'Too many errors'),
  tooManyCommands: answer(421, '4.7.0', 'Too many commands without mail'),
  draining: answer(421, '4.3.2', 'Service shutting down'),
  tooSoon: answer(421, '4.5.0', 'You talk before the greeting'),
  dataTimeout: answer(421, '4.4.2', 'Message took too long'),
  http: { ...answer(500, '5.5.1', 'This is not a web server'), close: true },
  lineTooLong: { ...answer(500, '5.5.6', 'Line too long'), close: true },
  badLine: answer(500, '5.5.2', 'Bare CR, bare LF or control character in command'),
  unknownCommand: answer(500, '5.5.1', 'Command unknown'),
  noHeloHere: answer(500, '5.5.1', 'This is LMTP: say LHLO'),
  noParameters: answer(501, '5.5.4', 'No parameters allowed'),
  badHelo: answer(501, '5.5.4', 'Syntax: a host name'),
  badAddress: answer(501, '5.5.4', 'Bad address syntax'),
  badParameter: answer(501, '5.5.4', 'Bad parameter'),
  unknownParameter: answer(555, '5.5.4', 'Parameter unknown'),
  noUtf8: answer(553, '5.6.7', 'Address needs SMTPUTF8'),
  heloFirst: answer(503, '5.5.1', 'Say hello first'),
  nestedMail: answer(503, '5.5.1', 'Nested MAIL'),
  mailFirst: answer(503, '5.5.1', 'MAIL first'),
  rcptFirst: answer(503, '5.5.1', 'RCPT first'),
  noRecipients: answer(554, '5.5.1', 'No valid recipients'),
  tlsAlready: answer(503, '5.5.1', 'TLS already active'),
  notOffered: answer(502, '5.5.1', 'Not offered here'),
  inTransaction: answer(503, '5.5.1', 'Not during a mail transaction'),
  authAlready: answer(503, '5.5.1', 'Already authenticated'),
  needTls: answer(538, '5.7.11', 'Encryption required: STARTTLS first'),
} satisfies Record<string, SmtpAnswer>;
