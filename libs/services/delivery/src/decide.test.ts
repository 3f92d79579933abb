import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecipientOutcome } from '@staffetta/core';
import { sampleEnvelope } from '@staffetta/testing';
import { decide } from './decide.ts';
import { recipientsOf } from './testing/samples.ts';

const REPLY = { code: 250, enhanced: '2.1.5', text: 'ok', host: 'mx', command: 'end of DATA' };
const LATER = { ...REPLY, code: 451, enhanced: '4.2.1', text: 'later' };
const NEVER = { ...REPLY, code: 550, enhanced: '5.1.1', text: 'unknown' };
const NOW_MS = 1_000_000;
const CONTEXT = {
  nowMs: NOW_MS,
  site: 's',
  bounds: { retryMinMs: 1_000, retryMaxMs: 60_000 },
  random: { next: () => 0.5 },
  dsnRelayed: false,
  delayNoticeMs: 0,
};
const OUTCOMES: readonly RecipientOutcome[] = [
  { kind: 'delivered', reply: REPLY },
  { kind: 'rejected-permanent', reply: NEVER },
  { kind: 'rejected-temporary', reply: LATER },
  { kind: 'failed', reason: 'broken pipe' },
  { kind: 'uncertain', reason: 'no reply' },
];

function envelopeOf(expiresAtMs = NOW_MS + 3_600_000, reversePath = 'sender@a.example') {
  return sampleEnvelope({ recipients: recipientsOf(OUTCOMES.length), expiresAtMs, reversePath });
}

test('each recipient gets what it was given', () => {
  const { events, retry, notify } = decide(envelopeOf(), OUTCOMES, CONTEXT);
  const byRecipient = new Map(events.map((event) => [event.recipient, event]));
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((number) => byRecipient.get(number)?.type),
    ['delivered', 'bounced', 'deferred', 'deferred', 'deferred'],
  );
  assert.equal(events.length, 5);
  for (const event of events)
    assert.deepEqual([event.attempt, event.site, event.atMs], [1, 's', NOW_MS]);
  assert.deepEqual(byRecipient.get(3)?.reply, LATER);
  assert.equal(byRecipient.get(4)?.reason, 'broken pipe');
  assert.deepEqual(
    [byRecipient.get(4)?.uncertain, byRecipient.get(5)?.uncertain],
    [undefined, true],
  );
  assert.deepEqual(
    retry?.recipients.map(({ number, attempts }) => [number, attempts]),
    [
      [3, 1],
      [4, 1],
      [5, 1],
    ],
  );
  assert.equal(retry.atMs, NOW_MS + 1_000);
  assert.equal(byRecipient.get(3)?.nextAttemptAtMs, retry.atMs);
  assert.deepEqual(
    notify.map(({ recipient, action, status }) => [recipient.number, action, status]),
    [
      [1, 'relayed', '2.1.5'],
      [2, 'failed', '5.1.1'],
    ],
  );
});

test('after its time a message expires, and the last attempt is when it does', () => {
  const { events, retry, notify } = decide(envelopeOf(NOW_MS), OUTCOMES, CONTEXT);
  assert.equal(retry, undefined);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['delivered', 'bounced', 'expired', 'expired', 'expired'],
  );
  assert.ok(events.every(({ nextAttemptAtMs }) => nextAttemptAtMs === undefined));
  assert.deepEqual(
    notify.slice(2).map(({ action, status }) => `${action} ${status}`),
    Array(3).fill('failed 4.4.7'),
  );
  const near = decide(envelopeOf(NOW_MS + 300), OUTCOMES, CONTEXT);
  assert.equal(near.retry?.atMs, NOW_MS + 300);
});

test('a report that fails has nobody to go to', () => {
  for (const expiresAtMs of [NOW_MS, NOW_MS + 9_000]) {
    const { events } = decide(envelopeOf(expiresAtMs, ''), OUTCOMES, CONTEXT);
    const failures = events.filter(({ type }) => type !== 'delivered' && type !== 'deferred');
    assert.ok(failures.length > 0 && failures.every(({ type }) => type === 'discarded'));
  }
});

test('a server that takes over reports of success makes ours superfluous', () => {
  const { notify } = decide(envelopeOf(), OUTCOMES, { ...CONTEXT, dsnRelayed: true });
  assert.deepEqual(
    notify.map(({ action }) => action),
    ['failed'],
  );
});

const CLOSING = { ...REPLY, code: 421, enhanced: '4.7.0', text: 'bye', command: 'RCPT TO' };

test('who draws a 421 at RCPT again is tried apart from the others', () => {
  const outcomes: readonly RecipientOutcome[] = [
    { kind: 'failed', reason: 'the server closes the session', reply: CLOSING },
    { kind: 'rejected-temporary', reply: CLOSING },
    { kind: 'failed', reason: 'the server closes the session', reply: CLOSING },
  ];
  const decided = (attempts: number, some = outcomes) =>
    decide(
      sampleEnvelope({
        recipients: recipientsOf(some.length, { attempts }),
        expiresAtMs: NOW_MS * 9,
      }),
      some,
      CONTEXT,
    );
  const first = decided(0);
  assert.deepEqual([first.retry?.recipients.length, first.apart], [3, undefined]);
  const again = decided(1);
  assert.deepEqual(
    [again.retry, again.apart].map((some) => some?.recipients.map(({ number }) => number)),
    [[1, 3], [2]],
  );
  assert.deepEqual(
    again.events.map(({ type }) => type),
    ['deferred', 'deferred', 'deferred'],
  );
  const alone = decided(1, outcomes.slice(1, 2));
  assert.deepEqual([alone.retry?.recipients.length, alone.apart], [1, undefined]);
});

test('a delay is told once, to a sender who asked for it', () => {
  const late = { ...CONTEXT, delayNoticeMs: 500_000 };
  const envelope = sampleEnvelope({
    acceptedAtMs: NOW_MS - 500_000,
    expiresAtMs: NOW_MS + 3_600_000,
    recipients: [
      ...recipientsOf(1, { notify: 'DELAY,FAILURE' }),
      ...recipientsOf(1, { notify: '' }),
      ...recipientsOf(1, { notify: 'NEVER' }),
    ].map((recipient, n) => ({ ...recipient, number: n + 1 })),
  });
  const outcomes = envelope.recipients.map(() => OUTCOMES[2]!);
  const told = decide(envelope, outcomes, late);
  assert.deepEqual(
    told.notify.map((one) => [one.recipient.number, one.action, one.status, one.willRetryUntilMs]),
    [[1, 'delayed', '4.2.1', envelope.expiresAtMs]],
  );
  const { recipients } = told.retry!;
  assert.deepEqual(
    recipients.map(({ delayTold }) => delayTold ?? false),
    [true, false, false],
  );
  assert.deepEqual(decide({ ...envelope, recipients }, outcomes, late).notify, []);
  assert.deepEqual(decide(envelope, outcomes, CONTEXT).notify, []);
  const early = { ...late, nowMs: NOW_MS - 1 };
  assert.deepEqual(decide(envelope, outcomes, early).notify, []);
});
