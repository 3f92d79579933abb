import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Recipient } from '@staffetta/core';
import { sampleEnvelope } from '@staffetta/testing';
import { notifySender, wantsNotification } from './notify.ts';
import type { NotifiedRecipient } from './notify.ts';
import type { DsnAction } from './report.ts';

const CONTEXT = { hostname: 'relay.example', nowMs: 1_700_000_000_000, expiresMs: 60_000 };
const ORIGINAL = Buffer.from('Subject: s\r\n\r\nbody\r\n');

function notified(
  notify: string,
  action: DsnAction = 'failed',
  address = 'x@b.example',
): NotifiedRecipient {
  const recipient: Recipient = {
    number: 1,
    address,
    orcpt: '',
    notify,
    attempts: 1,
    accountId: '',
  };
  return { recipient, action, status: '5.0.0', reply: undefined, reason: 'because' };
}

test('NOTIFY decides, and failures are told without it', () => {
  const table = {
    '': ['failed'],
    NEVER: [],
    SUCCESS: ['delivered', 'relayed'],
    'success,failure': ['failed', 'delivered', 'relayed'],
    'DELAY,FAILURE': ['failed', 'delayed'],
  };
  for (const [notify, wanted] of Object.entries(table)) {
    const all = ['failed', 'delayed', 'delivered', 'relayed'] as const;
    assert.deepEqual(
      all.filter((action) => wantsNotification(notify, action)),
      wanted,
      notify,
    );
  }
});

test('no report for a null reverse-path, nor where nobody wants one', () => {
  const envelope = sampleEnvelope();
  assert.equal(
    notifySender({ ...envelope, reversePath: '' }, [notified('')], ORIGINAL, CONTEXT),
    undefined,
  );
  assert.equal(
    notifySender(envelope, [notified('NEVER'), notified('', 'relayed')], ORIGINAL, CONTEXT),
    undefined,
  );
});

test('a report is a message of its own, to the sender, from nobody, which never causes one', () => {
  const envelope = sampleEnvelope({ tenantId: 't', bulk: true, envid: 'e+2Bd' });
  const made = notifySender(
    envelope,
    [notified(''), notified('NEVER', 'failed', 'quiet@b.example')],
    ORIGINAL,
    CONTEXT,
  )!;
  const { record, event } = made;
  assert.deepEqual(
    [record.topic, record.envelope.reversePath, record.envelope.bulk],
    ['accepted', '', false],
  );
  assert.deepEqual(
    record.envelope.recipients.map(({ address, notify }) => [address, notify]),
    [['sender@a.example', 'NEVER']],
  );
  assert.equal(record.envelope.expiresAtMs, CONTEXT.nowMs + CONTEXT.expiresMs);
  assert.equal(event.messageId, record.envelope.messageId);
  assert.equal(event.tenantId, 't');
  assert.equal(record.body.sizeBytes, record.body.bytes?.length);
  const text = record.body.bytes!.toString();
  assert.match(text, /Original-Envelope-Id: e\+d\r\n/);
  assert.match(text, /Diagnostic|because/);
  assert.ok(!text.includes('quiet@'), 'who wants no report is in none');
});

test('the whole message only for failures with RET=FULL, of bounded size, and when all of it is at hand', () => {
  const isFull = (
    ret: '' | 'FULL' | 'HDRS',
    action: DsnAction,
    original: Buffer,
    sizeBytes: number,
  ): boolean => {
    const envelope = sampleEnvelope({ ret, sizeBytes });
    const made = notifySender(envelope, [notified('SUCCESS,FAILURE', action)], original, CONTEXT)!;
    return made.record.body.bytes!.includes('message/rfc822\r\n');
  };
  assert.equal(isFull('FULL', 'failed', ORIGINAL, ORIGINAL.length), true);
  assert.equal(isFull('HDRS', 'failed', ORIGINAL, ORIGINAL.length), false);
  assert.equal(isFull('', 'failed', ORIGINAL, ORIGINAL.length), false);
  assert.equal(isFull('FULL', 'relayed', ORIGINAL, ORIGINAL.length), false);
  assert.equal(isFull('FULL', 'failed', ORIGINAL, ORIGINAL.length + 1), false);
  const large = Buffer.alloc(1024 * 1024 + 1, 'x\r\n');
  assert.equal(isFull('FULL', 'failed', large, large.length), false);
});
