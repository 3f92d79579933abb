import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodemailerComposer } from './nodemailer-composer.ts';

const composer = new NodemailerComposer();

const joined = (segments: readonly (Buffer | string)[], texts: Record<string, string>): string =>
  segments
    .map((segment) =>
      typeof segment === 'string'
        ? composer.encodeText(texts[segment] ?? '').toString()
        : segment.toString('latin1'),
    )
    .join('');

test('a single text makes a single part', async () => {
  const frame = await composer.frame(['plain'], []);
  assert.match(frame.header, /^Content-Type: text\/plain; charset=utf-8\r\n/m);
  assert.match(frame.header, /^Content-Transfer-Encoding: quoted-printable\r\n/m);
  assert.match(frame.header, /^MIME-Version: 1\.0\r\n/m);
  assert.doesNotMatch(frame.header, /Message-ID|Date/i);
  assert.equal(joined(frame.segments, { plain: 'Grüße\n' }), 'Gr=C3=BC=C3=9Fe\r\n\r\n');
});

test('texts, an image and an attachment are nested as mixed, alternative, related', async () => {
  const frame = await composer.frame(
    ['plain', 'html'],
    [
      { fileName: 'a.png', type: 'image/png', content: Buffer.from('PNG'), contentId: 'logo' },
      { fileName: 'ü.pdf', type: 'application/pdf', content: Buffer.from('PDF'), contentId: '' },
    ],
  );
  assert.deepEqual(
    frame.segments.filter((segment) => typeof segment === 'string'),
    ['plain', 'html'],
  );
  const body = joined(frame.segments, { plain: 'hello', html: '<b>hello</b>' });
  const types = [...body.matchAll(/^Content-Type: ([a-z/]+)/gm)].map((found) => found[1]);
  assert.match(frame.header, /multipart\/mixed/);
  assert.deepEqual(types, [
    ...['multipart/alternative', 'text/plain', 'multipart/related', 'text/html'],
    ...['image/png', 'application/pdf'],
  ]);
  assert.match(body, /Content-Id: <logo>/i);
  assert.match(body, /filename\*0\*=utf-8''%C3%BC\.pdf/);
  assert.ok(body.includes(Buffer.from('PDF').toString('base64')));
});

test('each frame has a boundary of its own', async () => {
  const frames = await Promise.all([1, 2, 3].map(() => composer.frame(['plain', 'html'], [])));
  const boundaries = frames.map(({ header }) => /boundary="([^"]+)"/.exec(header)![1]!);
  assert.equal(new Set(boundaries).size, 3);
  for (const [i, { segments }] of frames.entries()) {
    const body = joined(segments, { plain: 'a', html: 'b' });
    assert.equal(body.split(`--${boundaries[i]}`).length, 4);
  }
});

test('header fields are encoded and folded', () => {
  assert.equal(
    composer.headerField('To', [{ name: 'Jürgen "J" Müller', address: 'j@example.com' }]),
    'To: =?UTF-8?Q?J=C3=BCrgen_=22J=22_M=C3=BCller?= <j@example.com>\r\n',
  );
  assert.equal(
    composer.headerField('Cc', '"A, B" <a@example.com>, c@example.com'),
    'Cc: "A, B" <a@example.com>, c@example.com\r\n',
  );
  assert.match(
    composer.headerField('Subject', 'Größe'),
    /^Subject: =\?UTF-8\?Q\?Gr=C3=B6=C3=9Fe\?=/,
  );
  assert.equal(composer.headerField('To', ' , ,'), '');
  const long = composer.headerField('Subject', 'word '.repeat(40).trim());
  for (const line of long.split('\r\n')) assert.ok(line.length <= 76);
});

test('quoted-printable keeps every octet and the limit of its lines', () => {
  const texts = [
    'a'.repeat(75) + '\r\n' + 'b'.repeat(76) + '\r\n' + 'c'.repeat(77),
    'trailing space \r\nand tab\t\r\n end ',
    '=é'.repeat(200),
    'ü'.repeat(13) + 'x'.repeat(36) + 'ü\r\n',
    'bare \u0000 control \u007f',
    '',
  ];
  for (const text of texts) {
    const encoded = composer.encodeText(text).toString('latin1');
    for (const line of encoded.split('\r\n')) {
      assert.ok(line.length <= 76, `${line.length} octets`);
      assert.doesNotMatch(line, /[ \t]$/);
    }
    const octets = encoded
      .replaceAll('=\r\n', '')
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    assert.equal(Buffer.from(octets, 'latin1').toString(), text);
  }
});
