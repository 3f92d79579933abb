import { Envelope as EnvelopeMessage } from '@staffetta/contracts';
import type {
  Body,
  Envelope,
  LogRecord,
  MailEvent,
  Partition,
  StoredRecord,
} from '@staffetta/core';
import type { FetchedMessage, Message } from './kafkajs-internals.ts';

/** Headers of a record; part of the data format. The value is the message's content itself. */
const ENVELOPE = 'envelope';
/** Where the content is when it is not the value, and its octets. */
const BLOB = 'blob';
const BLOB_BYTES = 'blob-bytes';
/** Events that the reader of the record passes on. */
const EVENTS = 'events';
/** What the record follows from, where that could happen twice. */
const CAUSE = 'cause';
/** W3C Trace Context, as in the envelope: for other tools that read the topic. */
const TRACEPARENT = 'traceparent';

/** A record as it was read, with what it carries for the trace. */
export interface ReadRecord extends StoredRecord {
  readonly carried: readonly MailEvent[];
}

/** A record whose content is in memory, or in the blob store. */
export function encodeRecord(record: LogRecord, carried: readonly MailEvent[] = []): Message {
  const { body } = record;
  const blob = blobOf(body);
  const headers: Record<string, Buffer> = {
    [ENVELOPE]: Buffer.from(EnvelopeMessage.encode(record.envelope).finish()),
  };
  if (blob !== undefined) {
    headers[BLOB] = Buffer.from(blob);
    headers[BLOB_BYTES] = Buffer.from(String(body.sizeBytes));
  } else if (!body.bytes) {
    throw new Error('a body has neither octets nor a place');
  }
  if (carried.length > 0) headers[EVENTS] = Buffer.from(JSON.stringify(carried));
  if (record.cause !== undefined) headers[CAUSE] = Buffer.from(record.cause);
  const { traceparent } = record.envelope;
  if (traceparent !== undefined) headers[TRACEPARENT] = Buffer.from(traceparent);
  const value = blob === undefined ? body.bytes! : null;
  return { key: Buffer.from(record.key), value, headers };
}

/** The inverse. */
export function decodeRecord(partition: Partition, message: FetchedMessage): ReadRecord {
  const { headers, offset } = message;
  const envelope = headers[ENVELOPE];
  if (!envelope) throw new Error(`a record without an envelope at offset ${offset}`);
  const events = headers[EVENTS];
  const cause = headers[CAUSE];
  return {
    topic: partition.topic,
    partition,
    position: Number(offset) + 1,
    key: message.key?.toString() ?? '',
    envelope: EnvelopeMessage.decode(envelope) as Envelope,
    body: decodeBody(partition, message),
    ...(cause && { cause: cause.toString() }),
    carried: events ? (JSON.parse(events.toString()) as MailEvent[]) : [],
  };
}

/** An event, under the message's id. */
export function encodeEvent(event: MailEvent): Message {
  return {
    key: Buffer.from(event.messageId),
    value: Buffer.from(JSON.stringify(event)),
    headers: {},
  };
}

export function decodeEvent({ value }: FetchedMessage): MailEvent {
  return JSON.parse(value?.toString() ?? '') as MailEvent;
}

/** Where a content lies: in the value of a record, or in the blob store. */
export type BodyPlace =
  | { readonly kind: 'record'; readonly partition: Partition; readonly position: number }
  | { readonly kind: 'blob'; readonly ref: string };

const BLOB_MARK = 'blob:';

/** The body of a content in the blob store. */
export function blobBody(ref: string, sizeBytes: number): Body {
  return { sizeBytes, bytes: undefined, ref: BLOB_MARK + ref };
}

export function parseBodyRef(ref: string): BodyPlace {
  if (ref.startsWith(BLOB_MARK)) return { kind: 'blob', ref: ref.slice(BLOB_MARK.length) };
  const [topic = '', lane, bulk, position] = ref.split('/');
  return {
    kind: 'record',
    partition: { topic: topic as Partition['topic'], lane: Number(lane), bulk: bulk === 'bulk' },
    position: Number(position),
  };
}

/** The reference into the blob store, of a body that is there. */
function blobOf(body: Body): string | undefined {
  const place = body.ref === undefined ? undefined : parseBodyRef(body.ref);
  return place?.kind === 'blob' ? place.ref : undefined;
}

function decodeBody(partition: Partition, { headers, value, offset }: FetchedMessage): Body {
  const blob = headers[BLOB];
  if (blob) return blobBody(blob.toString(), Number(headers[BLOB_BYTES]?.toString()));
  // A copy: else a small content would hold everything that was fetched with it in memory.
  const bytes = Buffer.from(value ?? Buffer.alloc(0));
  const { topic, lane, bulk } = partition;
  const ref = `${topic}/${lane}/${bulk ? 'bulk' : ''}/${Number(offset) + 1}`;
  return { sizeBytes: bytes.length, bytes, ref };
}
