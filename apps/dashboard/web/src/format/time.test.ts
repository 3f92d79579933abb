import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDue, formatDuration, nameZone } from './time.ts';

const MINUTE_MS = 60_000;
const inWords = (ms: number) => formatDuration(ms).replaceAll('\u00a0', ' ');

test('a duration is told in its two largest units', () => {
  const durations = [-5, 999, 59_999, 12.5 * MINUTE_MS, 60 * MINUTE_MS, 200 * MINUTE_MS];
  assert.deepEqual(durations.map(inWords), ['0 s', '0 s', '59 s', '12 min', '1 h', '3 h 20 min']);
  assert.equal(inWords(52 * 60 * MINUTE_MS), '2 d 4 h');
});

test('what is due is due now', () => {
  assert.equal(formatDue(1_000, 5_000), 'now');
  assert.equal(formatDue(95_000, 5_000), 'in 1\u00a0min');
});

test('the zone is named with its distance from UTC', () => {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  assert.ok(nameZone(Date.UTC(2026, 10, 24)).startsWith(timeZone));
});
