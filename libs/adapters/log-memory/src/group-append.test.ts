import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { GroupAppend, LogUnavailable } from '@staffetta/core';
import { randomBody, sampleRecord } from '@staffetta/testing';

interface Write {
  readonly keys: readonly string[];
  finish(error?: Error): void;
}

/** Writes that end when told to. */
function appender(): {
  readonly appends: GroupAppend;
  readonly writes: Write[];
  readonly groups: number[];
} {
  const writes: Write[] = [];
  const groups: number[] = [];
  const appends = new GroupAppend(
    (group) =>
      new Promise<void>((resolve, reject) => {
        const keys = group.flatMap(({ records }) => records.map(({ key }) => key));
        writes.push({ keys, finish: (error) => (error ? reject(error) : resolve()) });
      }),
    (count) => groups.push(count),
  );
  return { appends, writes, groups };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('while one write is under way the next one fills', async () => {
  const { appends, writes, groups } = appender();
  const append = (key: string): Promise<void> => appends.append([sampleRecord(key)], []);
  const first = [append('a'), append('b')];
  await turn();
  const second = ['c', 'd', 'e'].map(append);
  await turn();
  assert.deepEqual(
    writes.map(({ keys }) => keys),
    [['a', 'b']],
  );
  writes[0]!.finish();
  await Promise.all(first);
  await turn();
  assert.deepEqual(writes[1]?.keys, ['c', 'd', 'e']);
  writes[1].finish(new Error('as told'));
  for (const one of second) await assert.rejects(one, LogUnavailable);
  await appends.idle();
  assert.deepEqual(groups, [2]);
});

test('a group has bounds, in appends and octets', async () => {
  const { appends, writes } = appender();
  const body = randomBody(3 * 1024 * 1024);
  const large = ['a', 'b', 'c'].map((key) => appends.append([sampleRecord(key, { body })], []));
  const small = Array.from({ length: 600 }, (_, n) => appends.append([sampleRecord(`${n}`)], []));
  for (let done = 0; done < 4; done += 1) {
    await turn();
    writes.at(-1)!.finish();
    await turn();
  }
  await Promise.all([...large, ...small]);
  const sizes = writes.map(({ keys }) => keys.length);
  assert.deepEqual(sizes, [2, 500, 101]);
});

test('each append is refused at its own deadline; what was not begun never will be', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  try {
    const { appends, writes } = appender();
    const refused: string[] = [];
    const append = (key: string): void => {
      appends.append([sampleRecord(key)], []).catch((error: unknown) => {
        assert.ok(error instanceof LogUnavailable);
        refused.push(key);
      });
    };
    append('held');
    await turn();
    mock.timers.tick(2_000);
    append('queued');
    mock.timers.tick(2_999);
    await turn();
    assert.deepEqual(refused, []);
    mock.timers.tick(2);
    await turn();
    assert.deepEqual(refused, ['held']);
    mock.timers.tick(2_000);
    append('late');
    await turn();
    assert.deepEqual(refused, ['held', 'queued']);
    writes[0]!.finish();
    await turn();
    assert.deepEqual(
      writes.map(({ keys }) => keys),
      [['held'], ['late']],
    );
    writes[1]!.finish();
    await appends.idle();
    assert.deepEqual(refused, ['held', 'queued']);
  } finally {
    mock.timers.reset();
  }
});
