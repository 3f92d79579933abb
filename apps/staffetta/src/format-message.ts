import { formatFields, formatTable, formatTime, printable } from './output.ts';

/** A message as the admin API tells it. */
export interface MessageDocument {
  readonly messageId: string;
  readonly tenantId: string;
  readonly acceptedAtMs: number;
  readonly reversePath: string;
  readonly subject: string;
  readonly sizeBytes: number;
  readonly listener: string;
  readonly peer: string;
  readonly credential: string;
  readonly bulk: boolean;
  readonly recipients: readonly {
    readonly number: number;
    readonly address: string;
    readonly state: string;
  }[];
  readonly events: readonly EventDocument[];
}

interface EventDocument {
  readonly type: string;
  readonly atMs: number;
  readonly recipient?: number;
  readonly address?: string;
  readonly attempt?: number;
  readonly site?: string;
  readonly reply?: {
    readonly code: number;
    readonly enhanced?: string;
    readonly text: string;
    readonly host: string;
    readonly command: string;
  };
  readonly reason?: string;
  readonly uncertain?: boolean;
  readonly nextAttemptAtMs?: number;
  readonly causedMessageId?: string;
}

/** The whole way of a message in words. */
export function formatMessage(message: MessageDocument): string {
  return [
    formatFields([
      ['message', message.messageId],
      ['accepted', formatTime(message.acceptedAtMs)],
      ['from', `<${message.reversePath}>`],
      ['subject', printable(message.subject) || '-'],
      ['size', `${message.sizeBytes} bytes`],
      ['came by', `${message.listener} from ${message.peer || 'here'}${submitter(message)}`],
      ['tenant', message.tenantId],
      ['class', message.bulk ? 'bulk' : 'normal'],
    ]),
    formatTable(
      ['NO', 'RECIPIENT', 'STATE'],
      message.recipients.map(({ number, address, state }) => [number, address, state]),
    ),
    formatTable(
      ['TIME', 'NO', 'EVENT', 'ATTEMPT', 'WHAT WAS SAID'],
      message.events.map((event) => [
        formatTime(event.atMs),
        event.recipient === undefined ? '' : String(event.recipient),
        event.type,
        event.attempt === undefined ? '' : String(event.attempt),
        words(event),
      ]),
    ),
  ].join('\n\n');
}

function submitter({ credential }: MessageDocument): string {
  return credential === '' ? '' : `, submitted by ${credential}`;
}

function words(event: EventDocument): string {
  const { reply, reason, nextAttemptAtMs, causedMessageId, uncertain, address, site } = event;
  const parts: string[] = [];
  if (address !== undefined) parts.push(address);
  if (reply) {
    const said = [reply.code, reply.enhanced, reply.text].filter((part) => part !== undefined);
    const where = [reply.host, reply.command && `to ${reply.command}`].filter(Boolean).join(' ');
    parts.push(`${where}: ${said.join(' ')}`);
  } else if (site !== undefined) parts.push(`site ${site}`);
  if (reason !== undefined && reason !== '') parts.push(reason);
  if (uncertain) parts.push('its final reply was lost: it may have been delivered');
  if (nextAttemptAtMs !== undefined) parts.push(`next attempt ${formatTime(nextAttemptAtMs)}`);
  if (causedMessageId !== undefined) parts.push(`caused message ${causedMessageId}`);
  return parts.join('; ');
}
