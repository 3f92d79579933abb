import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTraceParent } from './trace-parent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('what W3C Trace Context calls a traceparent is read', () => {
  const found = { traceId: TRACE, spanId: SPAN };
  assert.deepEqual(parseTraceParent(`00-${TRACE}-${SPAN}-01`), { ...found, sampled: true });
  assert.deepEqual(parseTraceParent(`00-${TRACE}-${SPAN}-00`), { ...found, sampled: false });
  assert.deepEqual(parseTraceParent(`00-${TRACE}-${SPAN}-03`), { ...found, sampled: true });
  assert.deepEqual(parseTraceParent(`cc-${TRACE}-${SPAN}-01-later`), { ...found, sampled: true });
});

test('anything else counts as none', () => {
  for (const text of [
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    ` 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01\n`,
    `cc-${TRACE}-${SPAN}-01-${'x'.repeat(600)}`,
  ]) {
    assert.equal(parseTraceParent(text), undefined, text);
  }
});
