import type { Envelope, EnvelopeAddress, MimePart } from '@staffetta/mime';
import { formatNstring, formatString } from './format.ts';

/** ENVELOPE's value (RFC 3501 §7.4.2). */
export function formatEnvelope(envelope: Envelope): string {
  const lists = [envelope.from, envelope.sender, envelope.replyTo];
  const receivers = [envelope.to, envelope.cc, envelope.bcc];
  return `(${[
    formatNstring(envelope.date),
    formatNstring(envelope.subject),
    ...[...lists, ...receivers].map(formatAddresses),
    formatNstring(envelope.inReplyTo),
    formatNstring(envelope.messageId),
  ].join(' ')})`;
}

function formatAddresses(addresses: readonly EnvelopeAddress[]): string {
  if (addresses.length === 0) return 'NIL';
  return `(${addresses.map(formatAddress).join('')})`;
}

function formatAddress({ name, mailbox, host }: EnvelopeAddress): string {
  return `(${formatNstring(name)} NIL ${formatNstring(mailbox)} ${formatNstring(host)})`;
}

/** BODYSTRUCTURE's value, or without `extended` BODY's. */
export function formatBodyStructure(part: MimePart, extended: boolean): string {
  if (part.parts !== undefined) {
    const children = part.parts.map((child) => formatBodyStructure(child, extended)).join('');
    const more = extended ? ` ${formatParams(part.params)} ${formatExtension(part)}` : '';
    return `(${children} ${formatString(part.subtype)}${more})`;
  }
  const fields = [
    formatString(part.type),
    formatString(part.subtype),
    formatParams(part.params),
    formatNstring(part.id),
    formatNstring(part.description),
    formatString(part.encoding),
    `${part.end - part.bodyStart}`,
  ];
  if (part.message !== undefined) {
    fields.push(formatEnvelope(part.message.envelope));
    fields.push(formatBodyStructure(part.message.root, extended));
  }
  if (part.type === 'text' || part.message !== undefined) fields.push(`${part.lines}`);
  if (extended) fields.push(formatNstring(part.md5), formatExtension(part));
  return `(${fields.join(' ')})`;
}

function formatParams(params: readonly string[]): string {
  return params.length === 0 ? 'NIL' : `(${params.map(formatString).join(' ')})`;
}

function formatExtension({ disposition, language, location }: MimePart): string {
  const shown =
    disposition === undefined
      ? 'NIL'
      : `(${formatString(disposition.value)} ${formatParams(disposition.params)})`;
  const languages = language === undefined ? 'NIL' : `(${language.map(formatString).join(' ')})`;
  return `${shown} ${languages} ${formatNstring(location)}`;
}
