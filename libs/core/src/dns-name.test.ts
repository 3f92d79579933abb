import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDnsName } from './dns-name.ts';

test('names that DNS can be asked for', () => {
  const label = 'a'.repeat(63);
  for (const name of ['a', 'example.com', 'xn--bcher-kva.example', '_dmarc.example.com', label]) {
    assert.ok(isDnsName(name), name);
  }
  assert.ok(isDnsName(`${label}.${label}.${label}.${'b'.repeat(61)}`));
});

test('names that DNS cannot be asked for', () => {
  const label = 'a'.repeat(63);
  const names = [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'A.com',
    'bücher.example',
    'a b',
    `${label}a`,
    '[1.2.3.4]',
  ];
  for (const name of names) assert.ok(!isDnsName(name), name);
  assert.ok(!isDnsName(`${label}.${label}.${label}.${'b'.repeat(62)}`));
});
