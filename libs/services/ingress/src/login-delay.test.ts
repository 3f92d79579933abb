import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoginDelay } from './login-delay.ts';

test('failures slow a peer, up to a bound, until they are forgotten', () => {
  let nowMs = 1_000_000;
  const delays = new LoginDelay({ now: () => nowMs });
  const seen: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    seen.push(delays.delayMs('192.0.2.1'));
    delays.failed('192.0.2.1');
  }
  assert.deepEqual(seen, [0, 0, 0, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]);
  assert.equal(delays.delayMs('192.0.2.2'), 0);
  nowMs += 16 * 60_000;
  assert.equal(delays.delayMs('192.0.2.1'), 0);
});

test('this machine is never slowed', () => {
  const delays = new LoginDelay({ now: () => 0 });
  for (let i = 0; i < 20; i += 1) {
    delays.failed('127.0.0.1');
    delays.failed('::1');
  }
  assert.equal(delays.delayMs('127.0.0.1') + delays.delayMs('::1'), 0);
});
