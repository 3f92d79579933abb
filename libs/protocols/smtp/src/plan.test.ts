import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutgoingMessage } from '@staffetta/core';
import { parseExtensions } from './extensions.ts';
import { needsContent, planTransaction } from './plan.ts';
import { parseReply } from './reply-parser.ts';

const CONTENT = Buffer.from('Subject: hi\r\n\r\nGrüße aus Rom\r\n');

function message(changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    reversePath: 'a@sender.test',
    recipients: [{ address: 'b@sink.test' }],
    sizeBytes: CONTENT.length,
    smtputf8: false,
    is8bit: false,
    body: CONTENT,
    ...changes,
  };
}

function plan(changes: Partial<OutgoingMessage>, offered: readonly string[], content = CONTENT) {
  const lines = ['mx', ...offered].map((line) => `250-${line}\r\n`).join('');
  const extensions = parseExtensions(parseReply(`${lines}250 HELP`)!);
  return planTransaction(message(changes), extensions, content);
}

test('only what is offered is asked for', () => {
  const changes: Partial<OutgoingMessage> = {
    envid: 'QQ+2D314',
    ret: 'HDRS',
    is8bit: true,
    recipients: [
      { address: 'b@sink.test', orcpt: 'rfc822;b@sink.test', notify: 'SUCCESS,FAILURE' },
    ],
  };
  const all = plan(changes, ['SIZE', '8BITMIME', 'SMTPUTF8', 'DSN']);
  assert.equal(
    all.mail,
    `MAIL FROM:<a@sender.test> SIZE=${CONTENT.length} BODY=8BITMIME RET=HDRS ENVID=QQ+2D314`,
  );
  assert.equal(
    all.rcpts[0]!.command,
    'RCPT TO:<b@sink.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@sink.test',
  );
  assert.ok(all.dsn);
  const none = plan({ ...changes, is8bit: false }, []);
  assert.equal(none.mail, 'MAIL FROM:<a@sender.test>');
  assert.equal(none.rcpts[0]!.command, 'RCPT TO:<b@sink.test>');
  assert.ok(!none.dsn);
});

test('parameters that would break the line are left out', () => {
  const bad = plan(
    {
      envid: 'x\r\nRSET',
      recipients: [{ address: 'b@sink.test', orcpt: 'rfc822;a b', notify: 'SUCCESS\r\nQUIT' }],
    },
    ['DSN'],
  );
  assert.equal(bad.mail, 'MAIL FROM:<a@sender.test>');
  assert.equal(bad.rcpts[0]!.command, 'RCPT TO:<b@sink.test>');
});

test('an address that would break the line is refused alone', () => {
  const addresses = [
    'ok@sink.test',
    'a@b>\r\nRCPT TO:<c@d',
    'a b@sink.test',
    '"a b"@sink.test',
    'a@b\0',
  ];
  const result = plan({ recipients: addresses.map((address) => ({ address })) }, []);
  assert.deepEqual(
    result.rcpts.map(({ index }) => index),
    [0, 3],
  );
  assert.deepEqual(
    result.refusals.map(({ index, reply }) => [index, reply.code, reply.enhanced, reply.host]),
    [
      [1, 553, '5.1.3', ''],
      [2, 553, '5.1.3', ''],
      [4, 553, '5.1.3', ''],
    ],
  );
  const sender = plan({ reversePath: 'a@b>\r\nDATA' }, []);
  assert.equal(sender.rcpts.length, 0);
  assert.equal(sender.refusals[0]!.reply.enhanced, '5.1.3');
});

test('a message above the limit is not begun', () => {
  const refused = plan({ sizeBytes: 1_001 }, ['SIZE 1000']);
  assert.equal(refused.rcpts.length, 0);
  assert.deepEqual(
    [refused.refusals[0]!.reply.code, refused.refusals[0]!.reply.enhanced],
    [552, '5.3.4'],
  );
  assert.equal(plan({ sizeBytes: 1_000 }, ['SIZE 1000']).rcpts.length, 1);
  assert.equal(plan({ sizeBytes: 1_001 }, ['SIZE 0']).rcpts.length, 1);
});

test('8-bit content is converted for a server of 7 bit, and its new size declared', () => {
  const result = plan({ is8bit: true }, ['SIZE']);
  assert.match(result.content!.toString('latin1'), /Gr=C3=BC=C3=9Fe/);
  assert.equal(result.mail, `MAIL FROM:<a@sender.test> SIZE=${result.content!.length}`);
  assert.ok(needsContent(message({ is8bit: true }), new Map()));
  assert.ok(!needsContent(message({ is8bit: true }), new Map([['8BITMIME', '']])));
  const unknown = planTransaction(message({ is8bit: true }), new Map(), undefined);
  assert.equal(unknown.refusals[0]!.reply.enhanced, '5.6.3');
});

test('SMTPUTF8 is used where the message or an address needs it', () => {
  const utf8 = ['SMTPUTF8', '8BITMIME'];
  assert.match(plan({ smtputf8: true }, utf8).mail, / SMTPUTF8$/);
  assert.match(plan({ reversePath: 'jürgen@sender.test' }, utf8).mail, /<jürgen@.* SMTPUTF8$/);
  assert.match(plan({ recipients: [{ address: 'b@münchen.test' }] }, utf8).mail, / SMTPUTF8$/);
  assert.doesNotMatch(plan({}, utf8).mail, /SMTPUTF8/);
});

test('without SMTPUTF8: domains have an ASCII form, local parts and headers have none', () => {
  const domains = plan(
    { recipients: [{ address: 'b@münchen.test' }, { address: 'jürgen@sink.test' }] },
    [],
  );
  assert.deepEqual(domains.rcpts, [{ index: 0, command: 'RCPT TO:<b@xn--mnchen-3ya.test>' }]);
  assert.deepEqual([domains.refusals[0]!.index, domains.refusals[0]!.reply.enhanced], [1, '5.6.7']);
  assert.equal(
    plan({ reversePath: 'jürgen@sender.test' }, []).refusals[0]!.reply.enhanced,
    '5.6.7',
  );
  const header = Buffer.from('Subject: Grüße\r\n\r\nhi\r\n');
  const refused = plan({ smtputf8: true, is8bit: true }, ['8BITMIME'], header);
  assert.deepEqual([refused.rcpts.length, refused.refusals[0]!.reply.enhanced], [0, '5.6.7']);
  assert.equal(plan({ smtputf8: true, is8bit: true }, ['8BITMIME']).rcpts.length, 1);
  assert.equal(plan({ is8bit: true }, [], header).refusals[0]!.reply.enhanced, '5.6.3');
});
