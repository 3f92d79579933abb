import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { AcceptedLanes } from './accepted-lanes.ts';

void test('little goes to one lane for a while, in all processes; much goes from lane to lane', (context) => {
  context.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const [one, other] = [new AcceptedLanes(8), new AcceptedLanes(8)];
  const first = one.next(10);
  assert.equal(other.next(150), first);
  assert.deepEqual(
    [one.next(189), one.next(1), one.next(400), one.next(1)],
    [first, first, (first + 1) % 8, (first + 3) % 8],
  );
  mock.timers.tick(250);
  assert.equal(one.next(1), (first + 1) % 8);
  assert.equal(other.next(1), (first + 1) % 8);
});
