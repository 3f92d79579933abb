import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleEnvelope } from '@staffetta/testing';
import { decodeEnvelope, encodeEnvelope } from './batch-codec.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
/** Field 500, a text: as a later version may write one. */
const LATER_FIELD = Buffer.from([0xa2, 0x1f, 0x01, 0x78]);

test('the trace of a sampled message is in its envelope, at no cost for one that is not', () => {
  const envelope = sampleEnvelope();
  const plain = encodeEnvelope(envelope);
  const sampled = encodeEnvelope({ ...envelope, traceparent: TRACEPARENT });
  assert.equal(decodeEnvelope(plain).traceparent, undefined);
  assert.equal(decodeEnvelope(sampled).traceparent, TRACEPARENT);
  assert.ok(!plain.includes('00-'));
  // Two octets of tag, one of length: it stands at the end, where an older version leaves it out.
  assert.equal(sampled.length, plain.length + TRACEPARENT.length + 3);
  assert.ok(sampled.subarray(0, plain.length).equals(plain));
});

test('a field of a later version is passed over', () => {
  const envelope = sampleEnvelope({ traceparent: TRACEPARENT });
  const later = Buffer.concat([encodeEnvelope(envelope), LATER_FIELD]);
  assert.deepEqual(decodeEnvelope(later), decodeEnvelope(encodeEnvelope(envelope)));
});
