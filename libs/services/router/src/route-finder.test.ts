import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDirectory } from '@staffetta/log-memory';
import { RouteFinder } from './route-finder.ts';
import { resolverOf } from './testing/samples.ts';

function finder(nextHop = ''): RouteFinder {
  const directory = new MemoryDirectory();
  directory.addDomain('ours.example', 'local');
  directory.addDomain('relay.example', 'relay', 'default', 'hop.example:26');
  directory.addAccount('anna@ours.example', 'x');
  directory.addAlias('both@ours.example', ['all@ours.example', 'x@far.example']);
  directory.addAlias('all@ours.example', ['anna@ours.example', 'anna@ours.example']);
  return new RouteFinder({
    directory,
    resolver: resolverOf({ 'far.example': 'mx.shared' }),
    clock: { now: Date.now },
    nextHop,
  });
}

test('an alias is followed to all its ends, each named once', async () => {
  const [answer] = await finder().route(['both@ours.example']);
  assert.equal(answer?.address, 'both@ours.example');
  assert.deepEqual(answer.aliases, ['both@ours.example', 'all@ours.example']);
  const far = { address: 'x@far.example', domain: 'far.example', site: 'mx.shared', nextHop: '' };
  assert.deepEqual(
    answer.ends.map((end) => (end.kind === 'local' ? end.address : end)),
    [{ kind: 'remote', ...far, relay: false }, 'anna@ours.example'],
  );
});

test('relay domains, unknown sites, unknown users and what is no address', async () => {
  const answers = await finder().route([
    'x@relay.example',
    'x@silent.example',
    'nobody@ours.example',
    'no address',
  ]);
  const ends = answers.map((answer) => answer.ends[0]);
  const [relay, silent, nobody, none] = ends;
  const hop = { domain: 'relay.example', site: 'hop.example:26', nextHop: 'hop.example:26' };
  assert.deepEqual(relay, { kind: 'remote', address: 'x@relay.example', ...hop, relay: true });
  assert.equal(silent?.kind === 'remote' && silent.site, '?silent.example');
  assert.equal(nobody?.kind === 'refused' && nobody.reply.enhanced, '5.1.1');
  assert.equal(none?.kind === 'refused' && none.reply.enhanced, '5.1.3');
});

test('a smart host takes what is not ours', async () => {
  const [answer] = await finder('smart.example:2525').route(['x@far.example']);
  const [end] = answer?.ends ?? [];
  assert.deepEqual(end?.kind === 'remote' && [end.site, end.nextHop], [
    'smart.example:2525',
    'smart.example:2525',
  ]);
});
