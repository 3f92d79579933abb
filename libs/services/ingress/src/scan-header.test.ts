import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanHeader } from './scan-header.ts';

test('counts, flags and offsets', () => {
  const header =
    'Received: a\r\n\tb\r\nreceived : c\r\nReceived-SPF: no\r\nX-Staffetta-Class: bulk\r\n' +
    'X-Staffetta-Classes: bulk\r\nDate: d\r\nmessage-ID:<x>\r\nSubject: first\r\nSubject: second\r\n';
  const scan = scanHeader(header);
  assert.equal(scan.receivedFields, 2);
  assert.equal(scan.hasDate && scan.hasMessageId && scan.saysBulk, true);
  assert.equal(scan.subject, 'first');
  assert.deepEqual(
    scan.classFields.map(({ from, to }) => header.slice(from, to)),
    ['X-Staffetta-Class: bulk\r\n'],
  );
});

test('headers without sense', () => {
  for (const header of ['', '\r\n', ':', 'Received', ' Received: x\r\n', 'Subject']) {
    const scan = scanHeader(header);
    assert.deepEqual([scan.receivedFields, scan.subject, scan.hasDate], [0, '', false]);
  }
});

test('subjects are for display', () => {
  const subject = (value: string): string => scanHeader(`Subject: ${value}\r\n`).subject;
  assert.equal(
    subject('=?iso-8859-1?Q?gr=FCn?= =?utf-8?b?w7xi?=\r\n er\x07 all'),
    'grünüb er  all',
  );
  assert.equal(subject(Buffer.from('grün').toString('latin1')), 'grün');
  assert.equal(subject('x'.repeat(5_000)).length, 200);
  assert.ok(subject(`${'x'.repeat(199)}=?utf-8?b?8J+YgA==?=`).isWellFormed());
});
