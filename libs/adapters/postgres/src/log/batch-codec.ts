import type { Body, Envelope, LogRecord, Partition, StoredRecord } from '@staffetta/core';
import { Envelope as EnvelopeMessage, RecordBatch } from '@staffetta/contracts';

/** A record whose content has its place. */
export interface PlacedRecord extends LogRecord {
  readonly body: Body & { readonly ref: string };
}

/** The records of one partition that are appended together, as one row. */
export function encodeBatch(records: readonly PlacedRecord[]): Buffer {
  const batch = {
    records: records.map((record) => ({
      key: record.key,
      envelope: record.envelope,
      bodyRef: record.body.ref,
      bodyBytes: record.body.sizeBytes,
    })),
  };
  return Buffer.from(RecordBatch.encode(batch).finish());
}

/** The inverse, with the positions from `base` on; contents are not in memory. */
export function decodeBatch(partition: Partition, base: number, bytes: Buffer): StoredRecord[] {
  return RecordBatch.decode(bytes).records.map((record, index) => ({
    topic: partition.topic,
    partition,
    position: base + index,
    key: record.key,
    envelope: record.envelope as Envelope,
    body: { sizeBytes: record.bodyBytes, bytes: undefined, ref: record.bodyRef },
  }));
}

/** An envelope alone, for rows of scheduled mail. */
export function encodeEnvelope(envelope: Envelope): Buffer {
  return Buffer.from(EnvelopeMessage.encode(envelope).finish());
}

export function decodeEnvelope(bytes: Buffer): Envelope {
  return EnvelopeMessage.decode(bytes) as Envelope;
}
