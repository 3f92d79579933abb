import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHeaderText } from './encoded-words.ts';
import { parseParameterised } from './parameterised.ts';

test('encoded words of RFC 2047 §8', () => {
  assert.equal(decodeHeaderText('=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?='), 'ab');
  assert.equal(decodeHeaderText('=?ISO-8859-1?Q?a_b?= c'), 'a b c');
  assert.equal(decodeHeaderText('=?ISO-8859-1?B?SWYgeW91IGNhbg==?= x'), 'If you can x');
  assert.equal(decodeHeaderText('=?utf-8*de?Q?J=C3=B6rg?='), 'Jörg');
  assert.equal(decodeHeaderText('=?koi8-r?B?8NLJ18XU?='), 'Привет');
  assert.equal(decodeHeaderText(Buffer.from('Jörg').toString('latin1')), 'Jörg');
  assert.equal(decodeHeaderText('=?nonsense?Q?a=E9?='), 'aé');
});

test('parameters as writers write them', () => {
  assert.deepEqual(parseParameterised('Text/Plain; Charset="utf-8" ; format = flowed (x);;'), {
    value: 'text/plain',
    params: ['charset', 'utf-8', 'format', 'flowed'],
  });
  assert.deepEqual(parseParameterised('a/b; name="a \\"b\\"; c"; x=1').params, [
    ...['name', 'a "b"; c', 'x', '1'],
  ]);
  assert.deepEqual(parseParameterised('a/b; "; =; c').params, []);
});
