import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@staffetta/testing';
import { SITE_NAME_LENGTH_MAX, siteName, type SiteHost } from './site-name.ts';

/** `10 a, 10 b, 20 c` as hosts. */
function hosts(text: string): SiteHost[] {
  return text.split(', ').map((entry) => {
    const [preference, name = ''] = entry.split(' ');
    return { name, preference: Number(preference) };
  });
}

test('names of sites', () => {
  const vectors: [string, string][] = [
    ['10 mx.example.com', 'mx.example.com'],
    ['10 mx1.example.com, 20 mx2.example.com', '(mx1>mx2).example.com'],
    ['10 mx2.example.com, 10 mx1.example.com', '(mx1|mx2).example.com'],
    [
      '5 aspmx.l.google.com, 10 alt2.aspmx.l.google.com, 10 alt1.aspmx.l.google.com',
      '(aspmx>alt1.aspmx|alt2.aspmx).l.google.com',
    ],
    ['1 mx.example.com, 2 example.com', '(mx.example.com>example.com)'],
    ['1 mx.a.example.com, 2 a.example.com', '(mx.a>a).example.com'],
    ['1 a.com, 2 b.com', '(a.com>b.com)'],
    ['1 mx.example.com, 2 mx.example.net', '(mx.example.com>mx.example.net)'],
    ['1 a.example.com, 2 b.example.com, 3 a.example.com', '(a>b).example.com'],
    ['1 a, 1 b', '(a|b)'],
  ];
  for (const [text, name] of vectors) assert.equal(siteName(hosts(text)), name);
});

test('preferences count by their order, not by their numbers', () => {
  const name = siteName(hosts('0 a.example.com, 1 b.example.com'));
  assert.equal(siteName(hosts('10 a.example.com, 99 b.example.com')), name);
  assert.notEqual(siteName(hosts('1 a.example.com, 0 b.example.com')), name);
  assert.notEqual(siteName(hosts('1 a.example.com, 1 b.example.com')), name);
});

test('long names end in a hash of the whole', () => {
  const many = Array.from({ length: 40 }, (_, n) => `10 host-${n + 10}.example.com`).join(', ');
  const name = siteName(hosts(many));
  assert.equal(name.length, SITE_NAME_LENGTH_MAX);
  assert.match(name, /^\(host-10\|host-11.*~[0-9a-f]{32}$/);
  assert.notEqual(siteName(hosts(`${many}, 10 other.example.com`)), name);
});

test('the same sets have the same name, others another, in any order of the records', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 32);
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const labels = [
    'a',
    'b',
    'mx.a',
    'example.com',
    'a.example.com',
    'b.example.com',
    'c.example.net',
  ];
  const meanings = new Map<string, string>();
  for (let round = 0; round < 5000; round++) {
    const names = [
      ...new Set(Array.from({ length: 1 + below(4) }, () => labels[below(labels.length)] ?? '')),
    ];
    const set = names.map((name) => ({ name, preference: below(3) }));
    const ranks = [...new Set(set.map(({ preference }) => preference))].sort((a, b) => a - b);
    const meaning = set
      .map(({ name, preference }) => `${ranks.indexOf(preference)} ${name}`)
      .sort()
      .join();
    const name = siteName(set);
    assert.equal(siteName(set.toReversed()), name);
    assert.equal(meanings.get(name) ?? meaning, meaning);
    meanings.set(name, meaning);
  }
  assert.ok(new Set(meanings.values()).size === meanings.size);
});
