import assert from 'node:assert/strict';
import { isAscii } from 'node:buffer';
import { test } from 'node:test';
import { toSevenBit } from './downgrade.ts';

const lines = (...each: readonly string[]) =>
  Buffer.from(each.map((line) => `${line}\r\n`).join(''));

function converted(message: Buffer): string {
  const result = toSevenBit(message);
  assert.equal(result.kind, 'converted', result.kind === 'impossible' ? result.reason : '');
  assert.ok(result.kind === 'converted' && isAscii(result.content));
  return result.content.toString('latin1');
}

function impossible(message: Buffer): string {
  const result = toSevenBit(message);
  assert.equal(result.kind, 'impossible');
  return result.kind === 'impossible' ? result.reason : '';
}

test('ASCII stays as it is', () => {
  const message = lines('Content-Transfer-Encoding: 8bit', '', 'plain');
  assert.deepEqual(toSevenBit(message), { kind: 'converted', content: message });
});

test('text becomes quoted-printable, and says so in the place of the old field', () => {
  const message = lines(
    'MIME-Version: 1.0',
    'Content-Transfer-Encoding:',
    ' 8BIT',
    'Content-Type: text/plain; charset=utf-8',
    'Subject: s',
    '',
    'Grüße = ok ',
    '',
    'end',
  );
  assert.equal(
    converted(message),
    lines(
      'MIME-Version: 1.0',
      'Content-Transfer-Encoding: quoted-printable',
      'Content-Type: text/plain; charset=utf-8',
      'Subject: s',
      '',
      'Gr=C3=BC=C3=9Fe =3D ok=20',
      '',
      'end',
    ).toString(),
  );
});

test('long lines get soft breaks within 76 columns', () => {
  const text = converted(
    lines('MIME-Version: 1.0', 'Content-Type: text/plain', '', `${'x'.repeat(200)}é`),
  );
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  assert.ok(body.split('\r\n').every((line) => line.length <= 76));
  assert.equal(body.replace(/=\r\n/g, ''), `${'x'.repeat(200)}=C3=A9\r\n`);
});

test('content that nobody labelled gets labels', () => {
  const text = converted(lines('Subject: s', '', 'Grüße aus dem Süden, viel Text'));
  assert.match(
    text,
    /^Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: text\/plain; charset=unknown-8bit\r\n/,
  );
  assert.match(text, /Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC/);
});

test('what is no text, and text that is mostly 8-bit, becomes base64', () => {
  const octets = Buffer.concat([
    lines('Content-Type: image/x', 'Content-Transfer-Encoding: binary', ''),
    Buffer.from([0, 255, 13, 10, 46]),
  ]);
  assert.match(converted(octets), /Content-Transfer-Encoding: base64\r\n[^]*\r\n\r\nAP8NCi4=\r\n$/);
  const text = converted(
    lines('MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', '', 'Привет мир'),
  );
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  assert.equal(Buffer.from(body, 'base64').toString(), 'Привет мир\r\n');
});

test('of a multipart only the parts that need it change, and 8bit above them goes', () => {
  const message = lines(
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="a=b"',
    'Content-Transfer-Encoding: 8bit',
    '',
    'preamble',
    '--a=b',
    'Content-Type: multipart/alternative;',
    '\tboundary=inner',
    '',
    '--inner',
    '',
    'plain',
    '--inner  ',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    '<p>ü and enough plain text beside it</p>',
    '--inner--',
    '--a=b',
    'Content-Type: message/rfc822',
    '',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'ä in a message in a message',
    '--a=b--',
    'epilogue',
  );
  const expected = message
    .toString()
    .replace(
      'Content-Transfer-Encoding: 8bit\r\n\r\npreamble',
      'Content-Transfer-Encoding: 7bit\r\n\r\npreamble',
    )
    .replace('Encoding: 8bit\r\n\r\n<p>', 'Encoding: quoted-printable\r\n\r\n<p>')
    .replace('<p>ü', '<p>=C3=BC')
    .replace(
      'charset=utf-8\r\n\r\nä',
      'charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4',
    );
  assert.equal(converted(message), expected);
});

test('a signed multipart without 8-bit octets passes, one with them is impossible', () => {
  const signed = (text: string) =>
    lines(
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=out',
      '',
      '--out',
      '',
      'ö in plain text outside of the signature',
      '--out',
      'Content-Type: multipart/signed; boundary=sig',
      '',
      '--sig',
      'Content-Transfer-Encoding: 8bit',
      '',
      text,
      '--sig--',
      '--out--',
    );
  assert.match(converted(signed('ascii')), /--sig\r\nContent-Transfer-Encoding: 8bit\r\n\r\nascii/);
  assert.match(impossible(signed('ö')), /signed/);
});

test('what cannot be converted is told', () => {
  assert.match(impossible(lines('Subject: ö', '', 'x')), /header/);
  assert.match(impossible(lines('Content-Transfer-Encoding: base64', '', 'ö')), /base64/);
  assert.match(impossible(lines('Content-Type: multipart/mixed', '', 'ö')), /no parts/);
  assert.match(impossible(lines('Content-Type: multipart/mixed; boundary=x', '', 'ö')), /no parts/);
  assert.match(impossible(lines('Content-Type: message/partial; id=1', '', 'ö')), /partial/);
  assert.match(
    impossible(lines('Content-Type: message/rfc822', '', 'Subject: ö', '', 'x')),
    /header/,
  );
});

test('nesting without end is impossible, not an overflow', () => {
  const nested = Array.from({ length: 60 }, () => ['Content-Type: message/rfc822', '']).flat();
  assert.match(impossible(lines(...nested, '', 'ö')), /deep/);
});

test('whatever the content is, the answer is ASCII or a reason', () => {
  const pieces = [
    '\r\n',
    '--b',
    '--b--',
    'Content-Type: multipart/mixed; boundary=b\r\n',
    ' ',
    ':',
  ];
  pieces.push(
    'Content-Type: message/rfc822\r\n',
    'Content-Transfer-Encoding: 8bit\r\n',
    'é',
    'x\r\n\r\n',
  );
  let state = 6152;
  const next = (below: number) =>
    ((state = (state * 1103515245 + 12345) & 0x7fffffff) >> 8) % below;
  let conversions = 0;
  for (let round = 0; round < 5_000; round += 1) {
    const text = Array.from({ length: next(14) }, () => pieces[next(pieces.length)] ?? '').join('');
    const result = toSevenBit(Buffer.from(text));
    if (result.kind === 'converted') assert.ok(isAscii(result.content), JSON.stringify(text));
    if (result.kind === 'converted' && text.includes('é')) conversions += 1;
  }
  assert.ok(conversions > 100, `only ${conversions} were converted`);
});
