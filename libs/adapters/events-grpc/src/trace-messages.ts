import type { Event, GetMessageResponse, MessageHead } from '@staffetta/contracts';
import type {
  MailEvent,
  MessageTrace,
  RecipientEvent,
  RecipientEventType,
  SmtpReply,
} from '@staffetta/core';
import { ITEMS_PER_MESSAGE_MAX } from './methods.ts';

/** A trace in parts that fit into messages. */
export function* toParts(trace: MessageTrace): Iterable<GetMessageResponse> {
  const { recipients, events, ...head } = trace;
  const length = Math.max(recipients.length, events.length, 1);
  for (let from = 0; from < length; from += ITEMS_PER_MESSAGE_MAX) {
    const to = from + ITEMS_PER_MESSAGE_MAX;
    yield {
      head: from === 0 ? head : undefined,
      recipients: recipients.slice(from, to),
      events: events.slice(from, to).map(toEvent),
    };
  }
}

/** The trace whose parts these are; undefined where there is none. */
export function fromParts(parts: readonly GetMessageResponse[]): MessageTrace | undefined {
  const head = parts[0]?.head;
  if (!head) return undefined;
  return {
    ...head,
    recipients: parts.flatMap(({ recipients }) => recipients),
    events: parts.flatMap(({ events }) => events.map((event) => fromEvent(head, event))),
  };
}

/** That a message was accepted stands in its head: its trace has what came after. */
function toEvent(event: MailEvent): Event {
  if (event.type === 'accepted') throw new Error('a trace has no event `accepted`');
  const { type, recipient, atMs, address, attempt, site, reply, reason, uncertain } = event;
  const { nextAttemptAtMs, causedMessageId } = event;
  const said = { type, recipient, atMs, address, attempt, site, reply, reason, uncertain };
  return { ...said, nextAttemptAtMs, causedMessageId };
}

function fromEvent({ messageId, tenantId }: MessageHead, event: Event): RecipientEvent {
  const { address, attempt, site, reply, reason, uncertain } = event;
  const { nextAttemptAtMs, causedMessageId } = event;
  return {
    type: event.type as RecipientEventType,
    messageId,
    tenantId,
    recipient: event.recipient,
    atMs: event.atMs,
    ...(address !== undefined && { address }),
    ...(attempt !== undefined && { attempt }),
    ...(site !== undefined && { site }),
    ...(reply !== undefined && { reply: replyOf(reply) }),
    ...(reason !== undefined && { reason }),
    ...(uncertain !== undefined && { uncertain }),
    ...(nextAttemptAtMs !== undefined && { nextAttemptAtMs }),
    ...(causedMessageId !== undefined && { causedMessageId }),
  };
}

function replyOf({ enhanced, ...reply }: NonNullable<Event['reply']>): SmtpReply {
  return enhanced === undefined ? reply : { ...reply, enhanced };
}
