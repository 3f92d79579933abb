import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoginLimiter } from './login-limiter.ts';

const MINUTE_MS = 60_000;

function limiterAt(start: number): { limiter: LoginLimiter; clock: { nowMs: number } } {
  const clock = { nowMs: start };
  return { limiter: new LoginLimiter({ now: () => clock.nowMs }), clock };
}

test('ten failures make an address wait, and time lets it try again', () => {
  const { limiter, clock } = limiterAt(0);
  for (let i = 0; i < 10; i += 1) {
    assert.equal(limiter.waitMs('192.0.2.1'), 0);
    limiter.failed('192.0.2.1');
  }
  assert.equal(limiter.waitMs('192.0.2.1'), 5 * MINUTE_MS);
  assert.equal(limiter.waitMs('192.0.2.2'), 0);
  clock.nowMs += 5 * MINUTE_MS;
  assert.equal(limiter.waitMs('192.0.2.1'), 0);
});

test('an IPv6 /64 counts as one address', () => {
  const { limiter } = limiterAt(0);
  for (let i = 0; i < 10; i += 1) limiter.failed(`2001:db8:0:1::${i}`);
  assert.ok(limiter.waitMs('2001:db8::1:ffff:0:0:1') > 0);
  assert.equal(limiter.waitMs('2001:db8:0:2::1'), 0);
});

test('loopback is never slowed', () => {
  const { limiter } = limiterAt(0);
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
    for (let i = 0; i < 20; i += 1) limiter.failed(address);
    assert.equal(limiter.waitMs(address), 0, address);
  }
});

test('a log-in that works forgets the failures', () => {
  const { limiter } = limiterAt(0);
  for (let i = 0; i < 9; i += 1) limiter.failed('192.0.2.1');
  limiter.succeeded('192.0.2.1');
  limiter.failed('192.0.2.1');
  assert.equal(limiter.waitMs('192.0.2.1'), 0);
});
