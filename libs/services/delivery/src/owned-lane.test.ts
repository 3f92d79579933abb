import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScheduledInsert } from '@staffetta/core';
import { bodyOf, sampleEnvelope } from '@staffetta/testing';
import { OwnedLane } from './owned-lane.ts';
import { takenLane } from './testing/samples.ts';

function rowOf(id: number): ScheduledInsert & { readonly id: number } {
  const { envelope, body } = { envelope: sampleEnvelope(), body: bodyOf('x') };
  return { id, envelope, body, dueAtMs: 0, state: 'wire', lastReply: undefined, reason: '' };
}

test('a flush has what came before it, and nothing twice', () => {
  const lane = new OwnedLane(
    takenLane({ normal: { position: 5, settled: Buffer.from([0b10]) } }),
    0,
  );
  assert.deepEqual([lane.dirty, lane.normal.next], [false, 5]);
  assert.deepEqual([lane.normal.read(5), lane.normal.next], [true, 7]);
  for (const position of [1, 2]) lane.bulk.read(position);
  lane.settle({ kind: 'log', bulk: false, position: 5 }, {});
  lane.settle({ kind: 'log', bulk: true, position: 2 }, {});
  lane.settle({ kind: 'row', id: 9 }, {});
  assert.equal(lane.dirty, true);
  const { settlement, rows } = lane.takeSettlement();
  assert.deepEqual([settlement.normal.position, settlement.bulk.position], [7, 1]);
  assert.deepEqual(settlement.bulk.settled, Buffer.from([0b10]));
  assert.deepEqual([settlement.deletes, rows], [[9], [9]]);
  assert.equal(lane.dirty, false);
  const next = lane.takeSettlement();
  assert.deepEqual([next.settlement.deletes, next.rows], [[], []]);
  assert.equal(next.settlement.normal.position, 7);
});

test('a record on the wire becomes a row, and needs none when its outcome comes first', () => {
  const lane = new OwnedLane(takenLane(), 0);
  for (const position of [1, 2]) lane.normal.read(position);
  lane.exchange({ kind: 'log', bulk: false, position: 1 }, rowOf(50));
  lane.exchange({ kind: 'log', bulk: false, position: 2 }, rowOf(51));
  assert.deepEqual([...lane.pulledRows], [50, 51]);
  lane.settle({ kind: 'row', id: 50 }, {});
  const { settlement } = lane.takeSettlement();
  assert.deepEqual(
    settlement.inserts.map(({ id }) => id),
    [51],
  );
  assert.equal(settlement.normal.position, 3);
  lane.settle({ kind: 'row', id: 51 }, {});
  assert.deepEqual(lane.takeSettlement().settlement.deletes, [51]);
});

test('a row that is put back may be pulled again after the flush', () => {
  const lane = new OwnedLane(takenLane(), 0);
  lane.putBack({ id: 7, dueAtMs: 1, state: 'due' });
  const { settlement, rows } = lane.takeSettlement();
  assert.deepEqual([settlement.updates.length, rows], [1, [7]]);
});

test('a row on the wire is marked by the flush that finds it there still', () => {
  const lane = new OwnedLane(takenLane(), 0);
  for (const id of [1, 2, 3]) lane.onWire(id);
  lane.settle({ kind: 'row', id: 1 }, {});
  lane.putBack({ id: 2, dueAtMs: 1, state: 'due' });
  assert.deepEqual(lane.takeSettlement().settlement.wire, [3]);
  assert.deepEqual(lane.takeSettlement().settlement.wire, []);
});
