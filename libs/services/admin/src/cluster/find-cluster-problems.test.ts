import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaneView } from '@staffetta/core';
import type { ClusterInstance } from './cluster-snapshot.ts';
import { findClusterProblems } from './find-cluster-problems.ts';
import type { ClusterFacts } from './find-cluster-problems.ts';
import { LagHistory } from './lag-history.ts';

const at = 1_800_000_000_000;
const MINUTE_MS = 60_000;

const instanceOf = (id: string, services: readonly string[], change = {}): ClusterInstance => ({
  id,
  services,
  host: 'mail-1',
  pid: 7,
  version: '1.0.0',
  startedAtMs: at - 60 * MINUTE_MS,
  heartbeatAtMs: at,
  alive: true,
  ready: true,
  directoryVersion: 1,
  grpc: '',
  telemetryPort: 9090,
  health: [{ name: 'disk', ok: true, detail: '10 GB free' }],
  lanes: 1,
  ...change,
});
const laneOf = (topic: string, owner: string | undefined, heldAtMs = at): LaneView => ({
  ...{ topic, lane: 0, owner, epoch: 1, untilMs: at + 10_000, heldAtMs },
});
const lagOf = (change = {}) => ({
  topic: 'outbound',
  bulk: false,
  records: 3,
  lanes: 1,
  oldestAcceptedAtMs: at - 2_000,
  oldestLane: 5,
  ...change,
});
const quiet: ClusterFacts = {
  at,
  instances: [instanceOf('one', ['delivery', 'events']), instanceOf('two', ['delivery'])],
  lanes: [laneOf('outbound', 'one'), laneOf('outbound', 'two')],
  lag: [lagOf()],
  duties: [{ name: 'housekeeping', instance: 'one', atMs: at - 500 }],
  growing: new Set(),
};
const find = (change: Partial<ClusterFacts>) => {
  const problems = findClusterProblems({ ...quiet, ...change });
  for (const { advice } of problems) assert.notEqual(advice, '');
  return problems.map(({ severity, title }) => `${severity}: ${title}`);
};

test('a cluster that is well has no problems', () => {
  assert.deepEqual(find({}), []);
});

test('a dead process is a warning where others do its work, else critical', () => {
  const dead = { alive: false, heartbeatAtMs: at - 42_000 };
  const [one, two] = quiet.instances as [ClusterInstance, ClusterInstance];
  assert.deepEqual(find({ instances: [one, { ...two, ...dead }] }), [
    'warning: delivery on mail-1 (pid 7) gives no sign of life',
  ]);
  const [problem] = findClusterProblems({ ...quiet, instances: [{ ...one, ...dead }, two] });
  assert.equal(problem?.severity, 'critical');
  assert.match(problem?.detail ?? '', /42 s ago\. No other process is ready for events/);
});

test('a lost host is one problem', () => {
  const dead = { alive: false, heartbeatAtMs: at - 42_000, lanes: 0 };
  const lost = [1, 2, 3, 4, 5, 6, 7].map((n) => instanceOf(`lost ${n}`, ['delivery'], dead));
  const [problem, ...more] = findClusterProblems({
    ...quiet,
    instances: [...quiet.instances, ...lost],
  });
  assert.deepEqual([problem?.severity, more], ['warning', []]);
  assert.equal(problem?.title, '7 processes give no sign of life');
  assert.match(problem?.detail ?? '', /^delivery on mail-1 \(pid 7\); .*; and 1 more\.$/);
});

test('a process that is not ready has a minute', () => {
  const [one, two] = quiet.instances as [ClusterInstance, ClusterInstance];
  const young = { ...two, services: ['router'], ready: false, startedAtMs: at - 5_000 };
  assert.deepEqual(find({ instances: [one, young] }), [
    'warning: router on mail-1 (pid 7) is starting',
  ]);
  const old = { ...young, startedAtMs: at - 2 * MINUTE_MS };
  const [problem] = findClusterProblems({ ...quiet, instances: [one, old] });
  assert.equal(problem?.severity, 'critical');
  assert.equal(problem?.command, 'curl http://mail-1:9090/readyz');
});

test('parts that are not well, and versions that differ', () => {
  const [one, two] = quiet.instances as [ClusterInstance, ClusterInstance];
  const full = { ...one, health: [{ name: 'disk', ok: false, detail: '0.1 GB free' }] };
  assert.deepEqual(find({ instances: [full, { ...two, version: '1.1.0' }] }), [
    'critical: The disk of delivery, events on mail-1 (pid 7) is almost full',
    'warning: 2 versions run beside each other',
  ]);
});

test('lanes without an owner: just handed over, for long, and with nobody to read them', () => {
  const [lane] = quiet.lanes as [LaneView];
  assert.deepEqual(find({ lanes: [lane, laneOf('outbound', undefined, at - 3_000)] }), [
    'warning: 1 lane of outbound has no owner',
  ]);
  assert.deepEqual(find({ lanes: [lane, laneOf('outbound', undefined, at - MINUTE_MS)] }), [
    'critical: 1 lane of outbound has no owner',
  ]);
  // Its lag is what one expects then.
  const lag = [lagOf({ topic: 'accepted', oldestAcceptedAtMs: at - 10 * MINUTE_MS })];
  assert.deepEqual(find({ lanes: [lane, laneOf('accepted', undefined)], lag }), [
    'critical: No router runs',
  ]);
});

test('a lag that is old or grows; bulk may stand for long', () => {
  const old = { oldestAcceptedAtMs: at - 2 * MINUTE_MS };
  assert.deepEqual(find({ lag: [lagOf(old)] }), ['warning: outbound is read too slowly']);
  assert.deepEqual(find({ lag: [lagOf({ oldestAcceptedAtMs: at - 6 * MINUTE_MS })] }), [
    'critical: outbound is read too slowly',
  ]);
  const bulk = lagOf({ ...old, bulk: true, records: 50_000 });
  assert.deepEqual(find({ lag: [bulk] }), []);
  assert.deepEqual(find({ lag: [bulk], growing: new Set(['outbound, bulk']) }), [
    'warning: The lag of outbound (bulk) grows',
  ]);
});

test('a lag grows that is a tenth larger than half a minute ago', () => {
  const history = new LagHistory();
  const push = (seconds: number, records: number) =>
    history.push(at + seconds * 1_000, [lagOf({ records })]);
  push(0, 1_000);
  push(20, 5_000);
  assert.deepEqual([...history.growing()], []);
  push(31, 5_000);
  assert.deepEqual([...history.growing()], ['outbound']);
  push(62, 5_000);
  assert.deepEqual([...history.growing()], []);
});

test('housekeeping that nobody does', () => {
  assert.deepEqual(find({ duties: [] }), ['warning: Nobody has done the housekeeping for 1 h']);
});
