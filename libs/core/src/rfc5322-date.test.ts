import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rfc5322Date } from './rfc5322-date.ts';

test('dates are in UTC, with English names, and change with the second', () => {
  assert.equal(rfc5322Date(0), 'Thu, 01 Jan 1970 00:00:00 +0000');
  assert.equal(rfc5322Date(999), 'Thu, 01 Jan 1970 00:00:00 +0000');
  assert.equal(rfc5322Date(Date.UTC(2026, 10, 24, 23, 59, 59)), 'Tue, 24 Nov 2026 23:59:59 +0000');
});
