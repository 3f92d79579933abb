import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyze, PART_DEPTH_MAX, PARTS_MAX, STRUCTURE_TEXT_MAX_BYTES } from './analyze.ts';
import { readStructure, writeStructure } from './structure.ts';
import type { MimePart } from './structure.ts';

const NESTED = [
  'From: Ann <a@example.com>',
  'Subject: two',
  ' lines',
  'Content-Type: multipart/mixed; boundary="out er"',
  '',
  'preamble',
  '--out er',
  'Content-Type: multipart/alternative; boundary=out',
  '',
  '--out',
  '',
  'plain',
  'text',
  '--out  ',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: BASE64',
  '',
  'PGI+',
  '--out--',
  '--out er',
  'Content-Type: message/rfc822',
  'Content-Disposition: attachment; filename="a;b.eml"',
  '',
  'Subject: inner',
  '',
  'inner text',
  '--out er--',
  'epilogue',
  '',
].join('\r\n');

test('parts lie where they are', () => {
  const raw = Buffer.from(NESTED);
  const text = (part: MimePart | undefined): string =>
    raw.toString('latin1', part?.bodyStart, part?.end);
  const { envelope, root } = readStructure(writeStructure(analyze(raw)));
  assert.equal(envelope.subject, 'two lines');
  assert.equal(raw.toString('latin1', root.bodyStart, root.bodyStart + 8), 'preamble');
  const [alternative, message] = root.parts ?? [];
  assert.equal(text(alternative?.parts?.[0]), 'plain\r\ntext');
  assert.equal(alternative?.parts?.[0]?.lines, 1);
  assert.deepEqual(alternative?.parts?.[0]?.params, ['charset', 'us-ascii']);
  assert.equal(alternative?.parts?.[1]?.encoding, 'base64');
  assert.equal(text(alternative?.parts?.[1]), 'PGI+');
  assert.deepEqual(message?.disposition, { value: 'attachment', params: ['filename', 'a;b.eml'] });
  assert.equal(message?.message?.envelope.subject, 'inner');
  assert.equal(text(message?.message?.root), 'inner text');
  assert.equal(message?.lines, 2);
});

test('a multipart without delimiters is one text', () => {
  const raw = Buffer.from('Content-Type: multipart/mixed; boundary=x\n\nhello\n');
  const part = analyze(raw).root.parts?.[0];
  assert.equal(raw.toString('latin1', part?.bodyStart, part?.end), 'hello\n');
});

test('depth, parts and kept text are bounded', () => {
  let depth = 0;
  const deep = 'Content-Type: message/rfc822\r\n\r\n'.repeat(1_000);
  for (let part = analyze(Buffer.from(deep)).root; part.message; part = part.message.root) depth++;
  assert.equal(depth, PART_DEPTH_MAX);

  const wide = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\n\n'.repeat(PARTS_MAX + 10)}`;
  assert.equal(analyze(Buffer.from(wide)).root.parts?.length, PARTS_MAX);

  const long = `To: ${'"x" <a@b>, '.repeat(1_000_000)}\r\n`.repeat(3);
  assert.ok(writeStructure(analyze(Buffer.from(long))).length < 4 * STRUCTURE_TEXT_MAX_BYTES);
});

test('any octets have a structure', () => {
  let seed = 20_261_124;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed % below;
  };
  const pieces = ['\r\n', '\n', '--out', '--out er', '--', ':', ';', '"', '(', '\\', '\0', 'é'];
  const lines = NESTED.split('\r\n');
  for (let round = 0; round < 3_000; round++) {
    const text = Array.from({ length: next(60) }, () =>
      next(2) === 0 ? `${lines[next(lines.length)]}\r\n` : pieces[next(pieces.length)],
    );
    const raw = Buffer.from(text.join(''));
    const { root } = readStructure(writeStructure(analyze(raw)));
    const check = (part: MimePart): void => {
      const within = part.start <= part.bodyStart && part.bodyStart <= part.end;
      assert.ok(within && part.end <= raw.length, `seed 20261124, round ${round}`);
      for (const child of part.parts ?? []) check(child);
      if (part.message !== undefined) check(part.message.root);
    };
    check(root);
  }
});
