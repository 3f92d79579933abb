import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveSnapshot } from '../api/documents.ts';
import { findProblems } from './find-problems.ts';

const HOUR_MS = 3_600_000;
const at = 1_800_000_000_000;
const quiet: LiveSnapshot = {
  at,
  rates: { accepted: 0, delivered: 0, deferred: 0, bounced: 0 },
  queues: [],
  ledger: { balanced: true, difference: 0, at },
  health: [{ name: 'database', ok: true, detail: '' }],
};
const queue = (site: string, hours: number) => ({
  site,
  scheduled: 1,
  ready: 0,
  oldestAcceptedAtMs: at - hours * HOUR_MS,
  lastReply: '',
});

test('a quiet system has no problems', () => {
  assert.deepEqual(findProblems(quiet), []);
  assert.deepEqual(findProblems({ ...quiet, queues: [queue('a.example', 0.9)] }), []);
});

test('old mail is one warning that names the oldest', () => {
  const queues = [queue('a.example', 2), queue('b.example', 26), queue('c.example', 0)];
  const [problem, ...more] = findProblems({ ...quiet, queues });
  assert.equal(more.length, 0);
  assert.equal(problem?.severity, 'warning');
  assert.equal(problem?.title, '2 sites with mail older than an hour');
  assert.match(problem?.detail ?? '', /1\sd\s2\sh for b\.example/);
});

test('a part that is not well and a ledger that does not balance come first', () => {
  const problems = findProblems({
    ...quiet,
    queues: [queue('a.example', 2)],
    ledger: { balanced: false, difference: 3, at },
    health: [{ name: 'lanes of local', ok: false, detail: '0 of 16 have an owner' }],
  });
  assert.deepEqual(
    problems.map(({ severity, title }) => [severity, title]),
    [
      ['critical', 'Lanes of local'],
      ['critical', 'The ledger does not balance'],
      ['warning', '1 site with mail older than an hour'],
    ],
  );
  assert.equal(problems[1]?.detail, '3 recipients without an end.');
});

test('a check that is long ago is a warning', () => {
  const ledger = { balanced: true, difference: 0, at: at - HOUR_MS };
  assert.equal(findProblems({ ...quiet, ledger })[0]?.severity, 'warning');
});
