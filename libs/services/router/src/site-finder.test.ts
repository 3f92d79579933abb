import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SiteFinder } from './site-finder.ts';
import { resolverOf } from './testing/samples.ts';

test('a site; `?domain` for what has none; a silent domain is waited for once in a while', async () => {
  const resolver = resolverOf({ a: 'mx.a', null: { kind: 'null-mx' }, slow: 'never' });
  let now = 1_000;
  const finder = new SiteFinder(resolver, { now: () => now });
  assert.equal(await finder.site('a'), 'mx.a');
  // The lane's owner tells the sender.
  assert.equal(await finder.site('null'), '?null');
  assert.equal(await finder.site('broken'), '?broken');
  const startedAtMs = Date.now();
  assert.deepEqual(await Promise.all([finder.site('slow'), finder.site('slow')]), [
    '?slow',
    '?slow',
  ]);
  assert.ok(Date.now() - startedAtMs < 4_000);
  resolver.asked.length = 0;
  assert.deepEqual([await finder.site('slow'), await finder.site('broken')], ['?slow', '?broken']);
  assert.deepEqual(resolver.asked, []);
  now += 60_000;
  await finder.site('broken');
  assert.deepEqual(resolver.asked, ['broken']);
});
