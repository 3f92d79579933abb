import { domainToASCII } from 'node:url';
import { splitAddress } from '@staffetta/core';
import type { OutgoingMessage, SmtpReply } from '@staffetta/core';
import { isCommandSafe, mailCommand, rcptCommand } from './commands.ts';
import type { CommandParameters } from './commands.ts';
import { hasEightBitHeader, toSevenBit } from './downgrade.ts';
import type { SmtpExtensions } from './extensions.ts';
import { sizeLimit } from './extensions.ts';
import { ownReply } from './reply.ts';

/** One RCPT command and the recipient it stands for. */
export interface PlannedRcpt {
  /** Index in the message's recipients. */
  readonly index: number;
  readonly command: string;
}

/** A recipient that this server cannot be asked to take. */
export interface PlannedRefusal {
  readonly index: number;
  readonly reply: SmtpReply;
}

/** What will be said to a server about one message; with no `rcpts` nothing is to be said. */
export interface TransactionPlan {
  readonly mail: string;
  readonly rcpts: readonly PlannedRcpt[];
  readonly refusals: readonly PlannedRefusal[];
  /** Converted content, to be sent in place of the message's own. */
  readonly content: Buffer | undefined;
  /** Commands hold UTF-8. */
  readonly smtputf8: boolean;
  /** RFC 3461's parameters are passed on. */
  readonly dsn: boolean;
}

/** Whether `planTransaction` has to see the content of this message for a server with these extensions. */
export function needsContent(message: OutgoingMessage, extensions: SmtpExtensions): boolean {
  return (
    (message.is8bit && !extensions.has('8BITMIME')) ||
    (message.smtputf8 && !extensions.has('SMTPUTF8'))
  );
}

/**
 * Decides what to say to a server with these extensions: parameters, recipients it cannot be asked for, and a
 * conversion to 7 bit. `content` is needed where `needsContent` says so, or the message is refused with 5.6.3.
 */
export function planTransaction(
  message: OutgoingMessage,
  extensions: SmtpExtensions,
  content: Buffer | undefined,
): TransactionPlan {
  const utf8Offered = extensions.has('SMTPUTF8');
  if (message.smtputf8 && !utf8Offered && (content === undefined || hasEightBitHeader(content)))
    return refused(message, ownReply(550, '5.6.7', NO_UTF8_HEADER, 'MAIL FROM'));
  const sender = addressFor(message.reversePath, utf8Offered);
  if ('refusal' in sender) return refused(message, sender.refusal('MAIL FROM'));
  const converted = contentFor(message, extensions, content);
  if ('code' in converted) return refused(message, converted);
  const sizeBytes = converted.content?.length ?? message.sizeBytes;
  const tooLarge = sizeRefusal(sizeBytes, extensions);
  if (tooLarge !== undefined) return refused(message, tooLarge);
  return planned(message, extensions, sender, { sizeBytes, content: converted.content });
}

const NO_UTF8_HEADER = 'The header needs SMTPUTF8, which the server does not offer';
const NO_UTF8_ADDRESS = 'The address needs SMTPUTF8, which the server does not offer';
const BAD_ADDRESS = 'The address cannot be put into an SMTP command';

interface Writable {
  readonly address: string;
  readonly utf8: boolean;
}
interface Unwritable {
  refusal(command: string): SmtpReply;
}

function planned(
  message: OutgoingMessage,
  extensions: SmtpExtensions,
  sender: Writable,
  body: { sizeBytes: number; content: Buffer | undefined },
): TransactionPlan {
  const utf8Offered = extensions.has('SMTPUTF8');
  const addresses = message.recipients.map(({ address }) => addressFor(address, utf8Offered));
  const smtputf8 =
    utf8Offered &&
    (message.smtputf8 || sender.utf8 || addresses.some((each) => 'utf8' in each && each.utf8));
  const dsn = extensions.has('DSN');
  const parameters: CommandParameters = {
    sizeBytes: extensions.has('SIZE') ? body.sizeBytes : undefined,
    eightBit: message.is8bit && extensions.has('8BITMIME'),
    smtputf8,
    dsn,
  };
  const rcpts: PlannedRcpt[] = [];
  const refusals: PlannedRefusal[] = [];
  addresses.forEach((each, index) => {
    if ('refusal' in each) refusals.push({ index, reply: each.refusal('RCPT TO') });
    else
      rcpts.push({
        index,
        command: rcptCommand(each.address, message.recipients[index]!, parameters),
      });
  });
  const mail = mailCommand(sender.address, message, parameters);
  return { mail, rcpts, refusals, content: body.content, smtputf8, dsn };
}

function refused(message: OutgoingMessage, reply: SmtpReply): TransactionPlan {
  const refusals = message.recipients.map((_, index) => ({ index, reply }));
  return { mail: '', rcpts: [], refusals, content: undefined, smtputf8: false, dsn: false };
}

/** The address as this server can take it: a domain in UTF-8 has an ASCII form, a local part has none. */
function addressFor(address: string, utf8Offered: boolean): Writable | Unwritable {
  if (!isCommandSafe(address))
    return { refusal: (command) => ownReply(553, '5.1.3', BAD_ADDRESS, command) };
  if (isAsciiText(address)) return { address, utf8: false };
  if (utf8Offered) return { address, utf8: true };
  const parts = splitAddress(address);
  const domain = parts === undefined ? '' : domainToASCII(parts.domain);
  if (parts === undefined || domain === '' || !isAsciiText(parts.localPart))
    return { refusal: (command) => ownReply(553, '5.6.7', NO_UTF8_ADDRESS, command) };
  return { address: `${parts.localPart}@${domain}`, utf8: false };
}

function contentFor(
  message: OutgoingMessage,
  extensions: SmtpExtensions,
  content: Buffer | undefined,
): { readonly content: Buffer | undefined } | SmtpReply {
  if (!message.is8bit || extensions.has('8BITMIME')) return { content: undefined };
  if (content === undefined)
    return ownReply(554, '5.6.3', 'The content is too large to be converted to 7 bit', 'DATA');
  const downgrade = toSevenBit(content);
  if (downgrade.kind === 'converted') return { content: downgrade.content };
  const text = `The server takes 7 bit only, and the content cannot be converted: ${downgrade.reason}`;
  return ownReply(554, '5.6.3', text, 'DATA');
}

function sizeRefusal(sizeBytes: number, extensions: SmtpExtensions): SmtpReply | undefined {
  const limit = sizeLimit(extensions);
  if (limit === undefined || sizeBytes <= limit) return undefined;
  const text = `Message of ${sizeBytes} octets exceeds the server's limit of ${limit}`;
  return ownReply(552, '5.3.4', text, 'MAIL FROM');
}

function isAsciiText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text);
}
