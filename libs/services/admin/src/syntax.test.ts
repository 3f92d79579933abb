import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAddress, isLabel, isName, isPassword, isTenantName } from './syntax.ts';
import { parseDomain, parseNextHop } from './syntax.ts';

test('domains become lower-case A-labels', () => {
  assert.equal(parseDomain('Example.ORG.'), 'example.org');
  assert.equal(parseDomain('bücher.example'), 'xn--bcher-kva.example');
  for (const wrong of ['', '.', 'a..b', 'a b', '127.0.0.1', '[127.0.0.1]', `${'a'.repeat(64)}.b`]) {
    assert.equal(parseDomain(wrong), undefined, wrong);
  }
});

test('addresses are mailboxes of a domain name', () => {
  for (const right of [
    'a@b',
    'Ada.Lovelace+x@example.org',
    '"a b"@example.org',
    '"a\\"@b"@example.org',
    'grüße@bücher.example',
  ]) {
    assert.equal(isAddress(right), true, right);
  }
  for (const wrong of [
    '',
    'a',
    '@b',
    'a@',
    'a b@c',
    '.a@b',
    'a..b@c',
    '"a"b"@c',
    'a\r\n@b',
    'a@[127.0.0.1]',
    'a@b c',
    `${'x'.repeat(65)}@b`,
  ]) {
    assert.equal(isAddress(wrong), false, wrong);
  }
});

test('next hops have a port, the default where none is given', () => {
  assert.equal(parseNextHop('Mail.Example', 25), 'mail.example:25');
  assert.equal(parseNextHop('127.0.0.1:2525', 25), '127.0.0.1:2525');
  assert.equal(parseNextHop('::1', 26), '[::1]:26');
  assert.equal(parseNextHop('[::1]', 26), '[::1]:26');
  assert.equal(parseNextHop('[::1]:2525', 25), '[::1]:2525');
  for (const wrong of ['', 'a b', 'host:0', 'host:65536', 'host:x', '[::1', '[a]:25', 'a..b:25']) {
    assert.equal(parseNextHop(wrong, 25), undefined, wrong);
  }
});

test('names, labels and passwords have bounds', () => {
  assert.deepEqual(['default', 'a-1', 'A', '-a', ''].map(isTenantName), [
    true,
    true,
    false,
    false,
    false,
  ]);
  assert.deepEqual(['App.1', 'a@b', ' a', 'a b'].map(isName), [true, false, false, false]);
  assert.deepEqual(['Shop: orders', 'Büro', '', 'a\nb'].map(isLabel), [true, true, false, false]);
  assert.deepEqual(['x', ' ', '', 'a\0', 'x'.repeat(1_025)].map(isPassword), [
    true,
    true,
    false,
    false,
    false,
  ]);
});
