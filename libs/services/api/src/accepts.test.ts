import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMessageId } from '@staffetta/core';
import { analyze } from '@staffetta/mime';
import { Api, NOW_MS, request } from './api.contract.ts';

test('one message is made, with its envelope, its event and its trace', async () => {
  const api = new Api();
  const body = request(
    { from: { name: 'Jürgen', email: 'me@example.com' }, html: '<p>Hello</p>' },
    {
      campaign_id: 'spring',
      metadata: { a: 1, b: 1 },
      options: { start_time: '2026-05-05T14:00:00+02:00', ip_pool: 'warm' },
      recipients: [
        { address: { email: 'to@example.org', name: 'To, You' }, tags: ['x'], metadata: { b: 2 } },
      ],
    },
  );
  const answer = await api.send(body);
  assert.equal(answer.status, 200);
  const { id, ...counts } = answer.body.results!;
  assert.deepEqual(counts, { total_rejected_recipients: 0, total_accepted_recipients: 1 });
  assert.ok(isMessageId(id!));

  const [record] = await api.records();
  const { envelope } = record!;
  assert.equal(envelope.messageId, id);
  assert.equal(record!.key, id);
  assert.equal(envelope.reversePath, 'me@example.com');
  assert.equal(envelope.notBeforeMs, NOW_MS + 2 * 3_600_000);
  assert.equal(envelope.expiresAtMs, NOW_MS + 2 * 3_600_000 + 1_000);
  assert.equal(envelope.campaign, 'spring');
  assert.equal(envelope.egressPool, 'warm');
  assert.deepEqual(envelope.tags, ['x']);
  assert.equal(envelope.metadata, '{"a":1,"b":2}');
  assert.deepEqual(envelope.injection, {
    ...{ listener: 'api', peer: '192.0.2.1', helo: '', credential: 'key-1', protocol: 'HTTP' },
  });
  assert.equal(envelope.is8bit, false);
  assert.equal(envelope.smtputf8, false);
  assert.equal(envelope.sizeBytes, record!.body.bytes!.length);

  const text = record!.body.bytes!.toString();
  assert.match(text, new RegExp(`^Received: by relay.example.com .* with HTTP id ${id};`));
  assert.match(text, new RegExp(`^Message-ID: <${id}@relay.example.com>\r$`, 'm'));
  assert.match(text, /^Date: Tue, 05 May 2026 10:00:00 \+0000\r$/m);
  assert.match(text, /^From: =\?UTF-8\?Q\?J=C3=BCrgen\?= <me@example.com>\r$/m);
  assert.match(text, /^To: "To, You" <to@example.org>\r$/m);
  const { root } = analyze(record!.body.bytes!);
  assert.deepEqual(
    root.parts!.map(({ subtype }) => subtype),
    ['plain', 'html'],
  );
  assert.deepEqual(
    api.accepted.map(({ messageId, subject }) => ({ messageId, subject })),
    [{ messageId: id, subject: 'Hello' }],
  );
});

test('explicit nulls are as if absent', async () => {
  const api = new Api();
  const answer = await api.send({
    options: null,
    metadata: null,
    campaign_id: null,
    return_path: null,
    recipients: [{ address: { email: 'to@example.org', name: null, header_to: null }, tags: null }],
    content: {
      from: 'me@example.com',
      subject: 'Hello',
      text: 'Hello',
      html: null,
      reply_to: null,
      headers: { 'X-None': null },
      attachments: null,
    },
  });
  assert.equal(answer.status, 200);
});

test('bulk is what says so, or goes to more than a hundred', async () => {
  const many = Array.from({ length: 101 }, (_, i) => ({ address: `r${i}@example.org` }));
  for (const [rest, bulk] of [
    [{}, false],
    [{ options: { transactional: true } }, false],
    [{ options: { transactional: false } }, true],
    [{ recipients: many.slice(0, 100) }, false],
    [{ recipients: many }, true],
  ] as const) {
    const api = new Api();
    assert.equal((await api.send(request({}, rest))).status, 200);
    assert.equal((await api.records(!bulk)).length, 0);
    assert.ok((await api.records(bulk)).every(({ envelope }) => envelope.bulk === bulk));
  }
});

test('attachments and images go with the texts', async () => {
  const api = new Api();
  const data = Buffer.from('content').toString('base64');
  const answer = await api.send(
    request({
      html: '<img src="cid:logo.png">',
      attachments: [{ name: 'a.pdf', type: 'application/pdf; x=y', data }],
      inline_images: [{ name: 'logo.png', type: 'image/png', data }],
      headers: { 'X-Campaign': 'ü', Date: 'Mon, 04 May 2026 10:00:00 +0000' },
      reply_to: 'Answers <answers@example.com>',
    }),
  );
  assert.equal(answer.status, 200);
  const [text] = await api.messages();
  assert.match(text!, /^Content-Id: <logo\.png>\r$/im);
  assert.match(text!, /^Content-Type: application\/pdf; x=y; name=a\.pdf\r$/m);
  assert.match(text!, /^X-Campaign: =\?UTF-8\?/m);
  assert.match(text!, /^Reply-To: Answers <answers@example.com>\r$/m);
  assert.equal(text!.match(/^Date: /gm)?.length, 1);
});

test('copies show the first recipients, as the SDK asks for them', async () => {
  const api = new Api();
  const to = '"First" <to@example.org>';
  const answer = await api.send(
    request(
      { headers: { CC: 'copy@example.org' } },
      {
        recipients: [
          { address: { email: 'to@example.org', name: 'First' } },
          { address: { email: 'copy@example.org', header_to: to } },
          { address: { email: 'blind@example.org', header_to: to } },
        ],
      },
    ),
  );
  assert.equal(answer.body.results?.total_accepted_recipients, 3);
  const messages = await api.messages();
  for (const text of messages) {
    assert.match(text, /^To: "?First"? <to@example.org>\r$/m);
    assert.match(text, /^Cc: copy@example.org\r$/m);
    assert.doesNotMatch(text, /blind/);
  }
  assert.deepEqual(
    (await api.records()).map(({ envelope }) => envelope.recipients[0]!.address),
    ['to@example.org', 'copy@example.org', 'blind@example.org'],
  );
});

test('a domain that is not ASCII needs no SMTPUTF8, a local part does', async () => {
  const api = new Api();
  await api.send(
    request({}, { recipients: [{ address: 'a@müller.example' }, { address: 'é@example.org' }] }),
  );
  const envelopes = (await api.records()).map(({ envelope }) => envelope);
  assert.deepEqual(
    envelopes.map(({ recipients, smtputf8, is8bit }) => [recipients[0]!.address, smtputf8, is8bit]),
    [
      ['a@xn--mller-kva.example', false, false],
      ['é@example.org', true, true],
    ],
  );
});
