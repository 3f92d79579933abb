import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleEnvelope, sampleRecord } from '@staffetta/testing';
import type { FetchedMessage } from './kafkajs-internals.ts';
import { decodeRecord, encodeRecord } from './record-codec.ts';

const PARTITION = { topic: 'outbound', lane: 0, bulk: false } as const;
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('the trace of a sampled message is in the envelope and in a header of its own', () => {
  const message = encodeRecord(
    sampleRecord('k', { envelope: sampleEnvelope({ traceparent: TRACEPARENT }) }),
  );
  assert.equal(message.headers?.['traceparent']?.toString(), TRACEPARENT);
  const read = decodeRecord(PARTITION, { ...message, offset: '0' } as unknown as FetchedMessage);
  assert.equal(read.envelope.traceparent, TRACEPARENT);
});

test('a message that is not sampled has neither', () => {
  const message = encodeRecord(sampleRecord('k'));
  assert.deepEqual(Object.keys(message.headers ?? {}), ['envelope']);
  const read = decodeRecord(PARTITION, { ...message, offset: '0' } as unknown as FetchedMessage);
  assert.equal(read.envelope.traceparent, undefined);
});
