import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildDsn } from './report.ts';
import type { DsnInput, ReportedRecipient } from './report.ts';

const NOW_MS = Date.UTC(2026, 1, 3, 4, 5, 6);
const HEADER = 'From: a@a.example\r\nSubject: original\r\n';
const REPLY = {
  code: 550,
  enhanced: '5.1.1',
  text: 'no such user',
  host: 'mx.b.example',
  command: 'RCPT TO',
};

const FAILED: ReportedRecipient = {
  address: 'bob@b.example',
  orcpt: 'rfc822;Bob+2Bold@b.example',
  action: 'failed',
  status: '5.1.1',
  reply: REPLY,
  reason: '',
};

function report(change: Partial<DsnInput> = {}): string {
  const bytes = buildDsn({
    messageId: '019b00000000700080000000000000aa',
    hostname: 'relay.example',
    nowMs: NOW_MS,
    to: 'sender@a.example',
    recipients: [FAILED],
    arrivedAtMs: NOW_MS - 60_000,
    envid: 'id+2B1',
    original: Buffer.from(`${HEADER}\r\nsecret body\r\n`),
    full: false,
    smtputf8: false,
    ...change,
  });
  const text = bytes.toString('utf8');
  assert.ok(!/(^|[^\r])\n|\r(?!\n)/.test(text), 'lines end with CRLF');
  for (const line of bytes.toString('latin1').split('\r\n')) assert.ok(line.length <= 998);
  return text;
}

test('a report of a delay says until when it is tried', () => {
  const delayed = { ...FAILED, action: 'delayed', status: '4.2.1' } as const;
  const recipients = [{ ...delayed, willRetryUntilMs: NOW_MS + 86_400_000 }];
  const text = report({ recipients });
  assert.match(text, /^Action: delayed\r\n/m);
  assert.match(text, /^Will-Retry-Until: Wed, 0?4 Feb 2026 04:05:06 \+0000\r\n/m);
  assert.match(text, /^Subject: Delayed mail/m);
  assert.ok(!report().includes('Will-Retry-Until'));
});

/** The parts of the report, each with its header. */
function partsOf(text: string): readonly string[] {
  const boundary = /boundary="([^"]+)"/.exec(text)![1]!;
  const parts = text.split(`--${boundary}`);
  assert.match(parts.at(-1)!, /^--\r\n$/);
  return parts.slice(1, -1);
}

test('a report in the shape of RFC 3464', () => {
  const text = report();
  assert.match(text, /^From: .*<MAILER-DAEMON@relay\.example>\r\nTo: <sender@a\.example>\r\n/);
  assert.match(text, /\r\nDate: Tue, 03 Feb 2026 04:05:06 \+0000\r\n/);
  assert.match(text, /\r\nMessage-ID: <019b00000000700080000000000000aa@relay\.example>\r\n/);
  assert.match(text, /\r\nContent-Type: multipart\/report; report-type=delivery-status;\r\n\t/);
  const [explained, status, original] = partsOf(text) as [string, string, string];
  assert.match(
    explained,
    /<bob@b\.example>: host mx\.b\.example said: 550 5\.1\.1 no such user \(in reply to RCPT TO\)/,
  );
  assert.equal(
    status,
    [
      '',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; relay.example',
      'Original-Envelope-Id: id+1',
      'Arrival-Date: Tue, 03 Feb 2026 04:04:06 +0000',
      '',
      'Original-Recipient: rfc822; Bob+old@b.example',
      'Final-Recipient: rfc822; bob@b.example',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; mx.b.example',
      'Diagnostic-Code: smtp; 550 5.1.1 no such user',
      '',
      '',
    ].join('\r\n'),
  );
  assert.match(
    original,
    /^\r\nContent-Type: text\/rfc822-headers\r\n\r\nFrom: a@a\.example\r\nSubject: original\r\n\r\n$/,
  );
});

test('one block of fields for each recipient; the subject tells the worst', () => {
  const relayed = {
    ...FAILED,
    address: 'x@b.example',
    orcpt: '',
    action: 'relayed',
    status: '2.1.5',
  } as const;
  const text = report({ recipients: [relayed, FAILED], envid: '' });
  assert.match(text, /\r\nSubject: Undelivered mail returned to sender\r\n/);
  assert.equal(text.match(/\r\n\r\n(Original-Recipient|Final-Recipient):/g)?.length, 2);
  assert.ok(!text.includes('Original-Envelope-Id'));
  assert.match(
    report({ recipients: [relayed] }),
    /\r\nSubject: Successful mail delivery report\r\n/,
  );
});

test('the whole message where asked for, octet for octet', () => {
  const text = report({ full: true });
  const original = partsOf(text)[2]!;
  assert.match(original, /^\r\nContent-Type: message\/rfc822\r\n\r\nFrom: /);
  assert.ok(original.includes(`${HEADER}\r\nsecret body\r\n\r\n`));
  assert.ok(!report().includes('secret'));
});

test('what strangers say makes no fields and no parts', () => {
  const evil = 'x\r\nBcc: all@b.example\r\n\r\n--boundary\u0000';
  const reply = { ...REPLY, text: `${evil} ${'long '.repeat(400)}`, host: evil };
  const text = report({
    to: evil,
    envid: '+0D+0ABcc:+20y',
    recipients: [{ ...FAILED, address: evil, orcpt: `rfc822;+0D+0A${evil}`, reply, reason: evil }],
  });
  assert.ok(!/\r\nBcc:/.test(text));
  assert.equal(partsOf(text).length, 3);
});

test('octets above 127 are told of at every level; what cannot be ASCII without SMTPUTF8 is a question mark', () => {
  const original = Buffer.from('Subject: Grüße\r\n\r\nbody');
  const plain = report({
    original,
    recipients: [{ ...FAILED, reply: { ...REPLY, text: 'für immer' } }],
  });
  assert.match(plain, /\r\nMIME-Version: 1\.0\r\nContent-Transfer-Encoding: 8bit\r\n/);
  assert.match(partsOf(plain)[2]!, /rfc822-headers\r\nContent-Transfer-Encoding: 8bit\r\n/);
  assert.match(partsOf(plain)[1]!, /f\?r immer/);
  assert.ok(!/Transfer-Encoding: 8bit/.test(report()));
  const smtputf8 = report({
    smtputf8: true,
    recipients: [{ ...FAILED, address: 'grün@b.example' }],
  });
  assert.match(smtputf8, /message\/global-delivery-status\r\nContent-Transfer-Encoding: 8bit/);
  assert.match(smtputf8, /Final-Recipient: utf-8; grün@b\.example/);
  assert.match(smtputf8, /message\/global-headers/);
});

test('a header without an end, or none at all', () => {
  const long = Buffer.from(`X: ${'y'.repeat(70)}\r\n`.repeat(1_500));
  const text = report({ original: long });
  assert.ok(text.length < 70_000);
  for (const original of ['', 'no line end', '\r\nbody only\r\n\r\nmore']) {
    const part = partsOf(report({ original: Buffer.from(original) }))[2]!;
    assert.equal(
      part,
      '\r\nContent-Type: text/rfc822-headers\r\n\r\n\r\n',
      JSON.stringify(original),
    );
  }
});
