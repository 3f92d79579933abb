import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endWords, whoWords } from './route-words.ts';

const remote = { kind: 'remote', address: 'a@b', domain: 'b', nextHop: '', relay: false } as const;

test('where mail ends, in words', () => {
  assert.equal(endWords({ kind: 'local', address: 'a@b', accountId: '1' }), 'its mailbox here');
  assert.equal(endWords({ ...remote, site: 'mx.b' }), 'site mx.b');
  assert.equal(endWords({ ...remote, site: '?b' }), 'MX of b, not resolved now');
  assert.equal(endWords({ ...remote, site: 'hop:25', nextHop: 'hop:25' }), 'next hop hop:25');
  const reply = { code: 550, enhanced: '5.1.1', text: 'No such user here' };
  const refused = { kind: 'refused', address: 'a@b', reply } as const;
  assert.equal(endWords(refused), 'refused: 550 5.1.1 No such user here');
});

test('who is behind an address, in words', () => {
  const view = { address: 'a@b', aliases: [], ends: [], recipient: { kind: 'account' } } as const;
  assert.equal(whoWords(view), 'A mailbox here');
});
