import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../api/request.ts';
import type { ClusterSnapshot } from './documents.ts';
import { awayProblem, sayWell } from './verdict.ts';

const at = 1_800_000_000_000;
const instance = {
  ...{ id: 'one', services: ['delivery'], host: 'mail-1', pid: 7, version: '1.0.0' },
  ...{
    startedAtMs: at,
    heartbeatAtMs: at,
    alive: true,
    ready: true,
    grpc: '',
    health: [],
    lanes: 1,
  },
};
const lag = { topic: 'outbound', bulk: false, records: 0, lanes: 0 };
const cluster: ClusterSnapshot = {
  at,
  problems: [],
  instances: [instance],
  lanes: [{ topic: 'outbound', lane: 0, owner: 'one', epoch: 1, untilMs: at }],
  lag: [lag],
  duties: [],
};

test('one sentence says that all is well', () => {
  assert.equal(
    sayWell(cluster),
    '1 process of version 1.0.0 is ready; all 1 lane have an owner; nothing stands unsettled in the log.',
  );
  const busy = { ...lag, records: 12, oldestAcceptedAtMs: at - 1_500 };
  assert.match(sayWell({ ...cluster, lag: [busy] }), /12 records are .* none older than 2 s\.$/);
  // With a log that is not in the database nothing is claimed of it.
  assert.match(sayWell({ ...cluster, lag: [] }), /have an owner\.$/);
});

test('a database that is away is not a dashboard that is away', () => {
  const database = awayProblem(new ApiError(503, 'the database cannot be reached'), at);
  assert.match(database.title, /database/);
  assert.match(database.detail, /how things were at/);
  const dashboard = awayProblem(new ApiError(0, 'The server cannot be reached.'), undefined);
  assert.equal(dashboard.detail, 'The server cannot be reached.');
});
