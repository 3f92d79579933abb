import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMail, parseRcpt } from './parse-commands.ts';

function mailAddress(text: string): string | number {
  const mail = parseMail(text, 1_000);
  return 'code' in mail ? mail.code : mail.address;
}

test('paths', () => {
  for (const [text, expected] of [
    ['FROM:<a@b.example>', 'a@b.example'],
    ['from: <a@b.example>', 'a@b.example'],
    ['FROM:<>', ''],
    ['FROM:<> SIZE=1', ''],
    ['FROM:<@x.example,@y.example:a@b.example>', 'a@b.example'],
    ['FROM:<"a b"@c.example>', '"a b"@c.example'],
    ['FROM:<"a>\\"@b"@c.example>', '"a>\\"@b"@c.example'],
    ['FROM:<a@[192.0.2.1]>', 'a@[192.0.2.1]'],
    ['FROM:<a@[IPv6:2001:db8::1]>', 'a@[IPv6:2001:db8::1]'],
    ['FROM:<user.@odd_host.example>', 'user.@odd_host.example'],
    ['FROM:a@b.example', 501],
    ['FROM:<a@b.example', 501],
    ['FROM:<a@b.example>x', 501],
    ['FROM:<a@b@c.example>', 501],
    ['FROM:<a b@c.example>', 501],
    ['FROM:<a@>', 501],
    ['FROM:<@b.example>', 501],
    ['FROM:<a@b..example>', 501],
    ['FROM:<a@-b.example>', 501],
    ['FROM:<a@[192.0.2.999]>', 501],
    ['FROM:<a@[x]>', 501],
    ['FROM:<postmaster>', 501],
    [`FROM:<${'a'.repeat(250)}@b.example>`, 501],
    ['TO:<a@b.example>', 501],
    ['', 501],
  ] as const) {
    assert.equal(mailAddress(text), expected, text);
  }
});

test('parameters of MAIL', () => {
  assert.deepEqual(
    parseMail('FROM:<a@b.example> size=5 BODY=8bitmime RET=full ENVID=x+2Dy AUTH=<>', 10),
    {
      address: 'a@b.example',
      sizeBytes: 5,
      body: '8BITMIME',
      smtputf8: false,
      ret: 'FULL',
      envid: 'x+2Dy',
    },
  );
  for (const [parameters, code] of [
    ['SIZE=11', 552],
    ['SIZE=', 501],
    ['SIZE=1 SIZE=1', 501],
    ['BODY=BINARYMIME', 501],
    ['RET=ALL', 501],
    ['ENVID=', 501],
    ['ENVID=a=b', 501],
    [`ENVID=${'x'.repeat(101)}`, 501],
    ['SMTPUTF8=1', 501],
    ['REQUIRETLS', 555],
    ['=', 501],
  ] as const) {
    const answer = parseMail(`FROM:<> ${parameters}`, 10);
    assert.ok('code' in answer && answer.code === code, parameters);
  }
});

test('parameters of RCPT', () => {
  assert.deepEqual(parseRcpt('TO:<a@b.example> NOTIFY=failure,DELAY ORCPT=rfc822;a+40b', false), {
    address: 'a@b.example',
    notify: 'FAILURE,DELAY',
    orcpt: 'rfc822;a+40b',
  });
  const utf8 = parseRcpt('TO:<ü@b.example> ORCPT=utf-8;ü@b.example', true);
  assert.ok(!('code' in utf8));
  assert.deepEqual(parseRcpt('TO:<Postmaster>', false), {
    address: 'Postmaster',
    notify: '',
    orcpt: '',
  });
  for (const [text, code] of [
    ['TO:<>', 501],
    ['TO:<ü@b.example>', 553],
    ['TO:<a@b.example> NOTIFY=NEVER,DELAY', 501],
    ['TO:<a@b.example> NOTIFY=', 501],
    ['TO:<a@b.example> ORCPT=a@b', 501],
    ['TO:<a@b.example> ORCPT=rfc822;a+4', 501],
    ['TO:<a@b.example> SIZE=1', 555],
  ] as const) {
    const answer = parseRcpt(text, false);
    assert.ok('code' in answer && answer.code === code, text);
  }
});
