import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storableJson } from './storable-json.ts';

test('what PostgreSQL cannot hold is replaced, everything else stays', () => {
  const kept = ['plain', '\\u0000', '\\\\ud800', '🐎', 'ä\u0001', 'c:\\users\\udo'];
  assert.deepEqual(JSON.parse(storableJson(kept)), kept);
  const cut = ['a\u0000b', '🐎'.slice(0, 1), '🐎'.slice(1), '\\\u0000', 'x\udfffy'];
  assert.deepEqual(JSON.parse(storableJson(cut)), [
    'a\ufffdb',
    '\ufffd',
    '\ufffd',
    '\\\ufffd',
    'x\ufffdy',
  ]);
});
