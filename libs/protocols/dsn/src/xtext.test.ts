import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeXtext, originalRecipient } from './xtext.ts';

test('xtext is decoded, and what is none stays', () => {
  assert.equal(decodeXtext('QQ314159'), 'QQ314159');
  assert.equal(decodeXtext('a+2Bb+3Dc+20d'), 'a+b=c d');
  assert.equal(decodeXtext('gr+C3+BC+C3+9Fe'), 'grüße');
  assert.equal(decodeXtext('a+b+2+zz+2b+'), 'a+b+2+zz+2b+');
});

test('an original recipient keeps its type', () => {
  assert.equal(originalRecipient('rfc822;Bob+2Bx@b.example', false), 'rfc822; Bob+x@b.example');
  assert.equal(originalRecipient('no type', false), 'no type');
  const utf8 = 'utf-8;gr\\x{FC}n@\\x{1F40E}.example\\x{FFFFFF}';
  assert.equal(originalRecipient(utf8, true), 'utf-8; grün@🐎.example\\x{FFFFFF}');
  assert.equal(originalRecipient(utf8, false), 'utf-8; gr\\x{FC}n@\\x{1F40E}.example\\x{FFFFFF}');
});
