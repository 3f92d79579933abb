import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScheduledInsert } from '@staffetta/core';
import { bodyOf, sampleEnvelope } from '@staffetta/testing';
import { OwnedLane } from './owned-lane.ts';
import { takenLane } from './testing/samples.ts';

const ROOM = { rows: 10, bytes: 1_000 };

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
  const { settlement, rows } = lane.takeSettlement(ROOM);
  assert.deepEqual([settlement.normal.position, settlement.bulk.position], [7, 1]);
  assert.deepEqual(settlement.bulk.settled, Buffer.from([0b10]));
  assert.deepEqual([settlement.deletes, rows], [[9], new Set([9])]);
  assert.equal(lane.dirty, false);
  const next = lane.takeSettlement(ROOM);
  assert.deepEqual([next.settlement.deletes, next.rows], [[], new Set()]);
  assert.equal(next.settlement.normal.position, 7);
});

test('a record on the wire becomes a row, and needs none when its outcome comes first', () => {
  const lane = new OwnedLane(takenLane(), 0);
  for (const position of [1, 2]) lane.normal.read(position);
  lane.exchange({ kind: 'log', bulk: false, position: 1 }, rowOf(50));
  lane.exchange({ kind: 'log', bulk: false, position: 2 }, rowOf(51));
  assert.deepEqual([...lane.pulledRows], [50, 51]);
  lane.settle({ kind: 'row', id: 50 }, {});
  const { settlement } = lane.takeSettlement(ROOM);
  assert.deepEqual(
    settlement.inserts.map(({ id }) => id),
    [51],
  );
  assert.equal(settlement.normal.position, 3);
  lane.settle({ kind: 'row', id: 51 }, {});
  assert.deepEqual(lane.takeSettlement(ROOM).settlement.deletes, [51]);
});

test('a row that is put back may be pulled again after the flush', () => {
  const lane = new OwnedLane(takenLane(), 0);
  lane.putBack({ id: 7, dueAtMs: 1, state: 'due' });
  const { settlement, rows } = lane.takeSettlement(ROOM);
  assert.deepEqual([settlement.updates.length, rows], [1, new Set([7])]);
});

test('a row on the wire is marked by the flush that finds it there still', () => {
  const lane = new OwnedLane(takenLane(), 0);
  for (const id of [1, 2, 3]) lane.onWire(id);
  lane.settle({ kind: 'row', id: 1 }, {});
  lane.putBack({ id: 2, dueAtMs: 1, state: 'due' });
  assert.deepEqual(lane.takeSettlement(ROOM).settlement.wire, [3]);
  assert.deepEqual(lane.takeSettlement(ROOM).settlement.wire, []);
});

test('what is parked goes into flushes as there is room, and holds its position until then', () => {
  const lane = new OwnedLane(takenLane(), 0);
  for (const position of [1, 2, 3, 4]) {
    lane.normal.read(position);
    const { envelope, body } = rowOf(0);
    const row = {
      envelope,
      body,
      dueAtMs: 0,
      state: 'due',
      lastReply: undefined,
      reason: '',
    } as const;
    if (position < 4) lane.park({ kind: 'log', bulk: false, position }, row);
  }
  lane.settle({ kind: 'log', bulk: false, position: 4 }, {});
  assert.equal(lane.waitingToPark, 3);
  const first = lane.takeSettlement({ rows: 2, bytes: 1_000 }).settlement;
  assert.deepEqual([first.inserts.length, first.normal.position], [2, 3]);
  assert.deepEqual(first.normal.settled, Buffer.from([0b10]));
  assert.equal(lane.dirty, true);
  assert.equal(lane.takeSettlement({ rows: 0, bytes: 0 }).settlement.inserts.length, 0);
  // One at least, however large.
  const last = lane.takeSettlement({ rows: 0.5, bytes: 0.5 }).settlement;
  assert.deepEqual([last.inserts.length, last.normal.position], [1, 5]);
  assert.deepEqual([lane.dirty, lane.waitingToPark], [false, 0]);
});

test('a record that was to be a row on the wire, and is put back before the flush, waits in that row', () => {
  const lane = new OwnedLane(takenLane(), 0);
  lane.normal.read(1);
  lane.exchange({ kind: 'log', bulk: false, position: 1 }, rowOf(50));
  lane.putBack({ id: 50, dueAtMs: 7, state: 'due' });
  assert.deepEqual([lane.waitingToPark, [...lane.pulledRows]], [1, []]);
  const { settlement } = lane.takeSettlement(ROOM);
  assert.deepEqual([settlement.updates, settlement.ofRows], [[], []]);
  const [insert] = settlement.inserts;
  assert.deepEqual([insert?.id, insert?.state, insert?.dueAtMs], [50, 'due', 7]);
});

test('a row that is settled twice before a flush has one outcome written', () => {
  const lane = new OwnedLane(takenLane(), 0);
  lane.settle({ kind: 'row', id: 4 }, {});
  lane.putBack({ id: 4, dueAtMs: 1, state: 'due' });
  const { settlement } = lane.takeSettlement(ROOM);
  assert.deepEqual([settlement.deletes, settlement.updates], [[4], []]);
  assert.deepEqual(
    settlement.ofRows.map(({ id }) => id),
    [4, 4],
  );
});
