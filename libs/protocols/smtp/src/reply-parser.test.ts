import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEnhancedCode, enhancedCodeOf } from './enhanced-code.ts';
import { parseExtensions, sizeLimit } from './extensions.ts';
import type { ParsedReply } from './reply.ts';
import { formatReply, isPermanent, isPositive, isTransient, toSmtpReply } from './reply.ts';
import type { ReplyFault } from './reply-parser.ts';
import { REPLY_LINE_MAX_BYTES, SmtpReplyParser, parseReply } from './reply-parser.ts';

function parsed(...pieces: readonly (string | Buffer)[]): (ParsedReply | ReplyFault)[] {
  const parser = new SmtpReplyParser();
  const replies: (ParsedReply | ReplyFault)[] = [];
  for (const piece of pieces) {
    parser.push(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
    for (let reply = parser.next(); reply !== undefined; reply = parser.next()) {
      replies.push(reply);
      if ('fault' in reply) return replies;
    }
  }
  return replies;
}

test('replies come out the same however the octets are cut', () => {
  const stream =
    '220 mx ESMTP\r\n250-mx\r\n250-SIZE 10\n250 DSN\r\n250\r\n550-5.1.1 no\r\n550 5.1.1 user\r\n';
  const expected = [
    { code: 220, lines: ['mx ESMTP'] },
    { code: 250, lines: ['mx', 'SIZE 10', 'DSN'] },
    { code: 250, lines: [''] },
    { code: 550, lines: ['5.1.1 no', '5.1.1 user'] },
  ];
  assert.deepEqual(parsed(stream), expected);
  assert.deepEqual(parsed(...stream.split('')), expected);
  for (let at = 1; at < stream.length; at += 1)
    assert.deepEqual(parsed(stream.slice(0, at), stream.slice(at)), expected);
});

test('what no SMTP server says is a fault', () => {
  for (const garbage of [
    'HTTP/1.1 400 Bad\r\n',
    '\r\n',
    '25 x\r\n',
    '250x\r\n',
    '199 x\r\n',
    '600 x\r\n',
  ])
    assert.ok('fault' in parsed(garbage)[0]!, garbage);
  assert.ok('fault' in parsed('250-one\r\ntwo\r\n')[0]!);
});

test('endless lines and endless replies end with a fault', () => {
  const line = `250-${'x'.repeat(1_000)}\r\n`;
  assert.ok('fault' in parsed('250 ', 'x'.repeat(REPLY_LINE_MAX_BYTES + 1))[0]!);
  assert.ok('fault' in parsed(...new Array<string>(100).fill(line))[0]!);
  assert.ok('fault' in parsed(...new Array<string>(600).fill('250-\r\n'))[0]!);
});

test('what was received and not read can be dropped', () => {
  const parser = new SmtpReplyParser();
  parser.push(Buffer.from('220 go\r\n250 injected\r\n250-half'));
  assert.deepEqual(parser.next(), { code: 220, lines: ['go'] });
  assert.ok(parser.pending);
  parser.drop();
  assert.ok(!parser.pending);
  assert.equal(parser.next(), undefined);
});

test('random octets never throw', () => {
  let state = 20261124;
  const next = () => (state = (state * 1103515245 + 12345) & 0x7fffffff) >> 8;
  const alphabet = Buffer.from('0123459 -\r\n\0abc\xff', 'latin1');
  for (let round = 0; round < 2_000; round += 1) {
    const octets = Buffer.from(
      Array.from({ length: next() % 60 }, () => alphabet[next() % alphabet.length]!),
    );
    const at = octets.length === 0 ? 0 : next() % octets.length;
    assert.deepEqual(parsed(octets.subarray(0, at), octets.subarray(at)), parsed(octets));
  }
});

test('a reply for events has its enhanced code apart, no controls, and an end', () => {
  const reply = (text: string) => toSmtpReply(parseReply(text)!, 'mx.test', 'RCPT TO');
  assert.deepEqual(reply('550-5.1.1 no such\r\n550 5.1.1 user'), {
    code: 550,
    enhanced: '5.1.1',
    text: 'no such user',
    host: 'mx.test',
    command: 'RCPT TO',
  });
  assert.deepEqual(reply('250 ok'), { code: 250, text: 'ok', host: 'mx.test', command: 'RCPT TO' });
  assert.equal(reply('550 4.1.1 other class').enhanced, undefined);
  assert.equal(reply('550 5.1.1234 x').enhanced, undefined);
  assert.equal(reply('250 a\x1b[2Jb').text, 'a [2Jb');
  assert.equal(reply('250 größe').text, 'größe');
  assert.equal(reply(`250 ${'y'.repeat(3_000)}`).text.length, 1_000);
  assert.equal(formatReply(reply('550 5.1.1 no such user')), '550 5.1.1 no such user');
});

test('one reply in a string', () => {
  assert.deepEqual(parseReply('450 4.2.0 later'), { code: 450, lines: ['4.2.0 later'] });
  assert.equal(parseReply('450 one\r\n250 two'), undefined);
  assert.equal(parseReply('450-one'), undefined);
  assert.equal(parseReply('hello'), undefined);
});

test('classes of codes', () => {
  assert.deepEqual([199, 250, 354, 421, 550, 600].map(isPositive), [
    false,
    true,
    false,
    false,
    false,
    false,
  ]);
  assert.deepEqual([250, 421, 499, 500].map(isTransient), [false, true, true, false]);
  assert.deepEqual([499, 500, 599, 600].map(isPermanent), [false, true, true, false]);
  assert.equal(enhancedCodeOf({ code: 550 }), '5.0.0');
  assert.equal(enhancedCodeOf({ code: 451, enhanced: '4.7.1' }), '4.7.1');
  assert.ok(isEnhancedCode('4.7.1'));
  assert.ok(!isEnhancedCode('4.7.1 x') && !isEnhancedCode('3.1.1') && !isEnhancedCode(''));
});

test('extensions by their keywords', () => {
  const extensions = parseExtensions(
    parseReply('250-mx\r\n250-size 100\r\n250-AUTH PLAIN LOGIN\r\n250 dsn')!,
  );
  assert.deepEqual(
    [...extensions],
    [
      ['SIZE', '100'],
      ['AUTH', 'PLAIN LOGIN'],
      ['DSN', ''],
    ],
  );
  assert.equal(sizeLimit(extensions), 100);
  assert.equal(sizeLimit(new Map([['SIZE', '0']])), undefined);
  assert.equal(sizeLimit(new Map([['SIZE', 'lots']])), undefined);
});
