import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { Flusher } from './flusher.ts';
import { OwnedLane } from './owned-lane.ts';
import { takenLane } from './testing/samples.ts';

test('all who wait for a flush share the next one, though others settle all the time', async () => {
  const lanes = new Map(
    Array.from({ length: 32 }, (_, lane) => [lane, new OwnedLane(takenLane({ lane }), 0)]),
  );
  const busy = lanes.get(0)!;
  let flushes = 0;
  const flush = async (): Promise<{ readonly lost: []; readonly gone: [] }> => {
    flushes += 1;
    await turn();
    busy.settle({ kind: 'row', id: flushes }, {});
    return { lost: [], gone: [] };
  };
  busy.settle({ kind: 'row', id: 0 }, {});
  const options = { store: { flush }, metrics: {}, onError: assert.ifError };
  const flusher = new Flusher(
    options as unknown as ConstructorParameters<typeof Flusher>[0],
    lanes,
    () => assert.fail('no lane is lost'),
  );
  await Promise.all([...lanes.values()].map((lane) => flusher.flush(lane)));
  assert.equal(flushes, 1);
});
