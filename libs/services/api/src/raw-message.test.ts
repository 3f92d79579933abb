import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api, request } from './api.contract.ts';

const raw = (message: string, rest: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...request({}, rest),
  content: { email_rfc822: message },
});

test('a whole message goes on as it is, with what is missing', async () => {
  const api = new Api();
  const message =
    'From: Me <me@example.com>\nTo: x@example.org\nBcc: secret@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nX-Ü: ü\n\nbody ü\n.\n';
  const answer = await api.send(raw(message));
  assert.equal(answer.status, 200);
  const [record] = await api.records();
  const text = record!.body.bytes!.toString();
  assert.match(
    text,
    /^Received: .*\r\n\t.*\r\nDate: .*\r\nMessage-ID: <.*>\r\nFrom: Me <me@example.com>\r\n/,
  );
  assert.doesNotMatch(text, /secret/);
  assert.ok(text.endsWith('\r\n\r\nbody ü\r\n.\r\n'));
  assert.equal(record!.envelope.is8bit, true);
  assert.equal(record!.envelope.reversePath, 'me@example.com');
  assert.equal(api.accepted[0]!.subject, 'Grüße');
});

test('expressions count in the header and in the first texts only', async () => {
  const api = new Api();
  const base64 = Buffer.from('<b>{{name}}</b>').toString('base64');
  const message = [
    'From: me@example.com',
    'To: "{{address.name}}" <{{address.email}}>',
    'Subject: Hi {{name}}',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Dear {{na=',
    'me}},',
    '--b',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    base64,
    '--b',
    'Content-Type: text/plain',
    'Content-Disposition: attachment',
    '',
    '{{name}}',
    '--b--',
    '',
  ].join('\r\n');
  const recipient = {
    address: { email: 'to@example.org', name: 'Jörg' },
    substitution_data: { name: 'Ö <' },
  };
  const answer = await api.send(raw(message, { recipients: [recipient] }));
  assert.equal(answer.status, 200);
  const [text] = await api.messages();
  assert.match(text!, /^To: =\?UTF-8\?Q\?J=C3=B6rg\?= <to@example.org>\r$/m);
  assert.match(text!, /^Subject: =\?UTF-8\?.*\?=\r$/m);
  assert.match(text!, /^Dear =C3=96 <,\r$/m);
  assert.ok(text!.includes(Buffer.from('<b>Ö &lt;</b>').toString('base64')));
  assert.match(text!, /^{{name}}\r$/m);
});

test('what is no message, or needs another charset, is refused', async () => {
  for (const [message, code] of [
    ['', '3020'],
    ['no header at all', '3020'],
    ['Subject: x\r\n\r\nno From', '3020'],
    ['From: me@example.com\r\nFrom: me@example.com\r\n\r\nx', '3020'],
    ['From: me@example.com\r\n\r\nx\u0000', '3020'],
    ['From: nobody\r\n\r\nx', '7001'],
    ['From: a@foreign.example\r\n\r\nx', '7001'],
    ['From: me@example.com\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n{{x}}', '3020'],
    ['From: me@example.com\r\n\r\n{{x}}', '3001'],
  ]) {
    const api = new Api();
    const answer = await api.send(raw(message!, { substitution_data: { x: 'ü' } }));
    assert.equal(answer.body.errors?.[0]?.code, code, message);
    assert.equal((await api.records()).length, 0);
  }
});
