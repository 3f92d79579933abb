import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api, request } from './api.contract.ts';

const address = (value: unknown): Record<string, unknown> => ({ recipients: [{ address: value }] });
const nested = (levels: number): unknown => {
  let value: unknown = 'x';
  for (let i = 0; i < levels; i++) value = { value };
  return value;
};
const file = (fields: Record<string, unknown>): Record<string, unknown> => ({
  attachments: [{ name: 'a', type: 'text/plain', data: 'eA==', ...fields }],
});

const cases: readonly (readonly [string, unknown, number, string])[] = [
  ['no object', [], 422, '1300'],
  ['no content', { recipients: ['a@example.org'] }, 422, '1400'],
  ['no recipients', { content: {} }, 422, '1400'],
  ['empty recipients', request({}, { recipients: [] }), 422, '1400'],
  ['a stored list', request({}, { recipients: { list_id: 'x' } }), 422, '1603'],
  ['a stored template', request({ template_id: 'x' }), 404, '1600'],
  ['no subject', request({ subject: null }), 422, '1400'],
  ['no text', request({ text: '' }), 422, '1400'],
  ['no from', request({ from: null }), 422, '1400'],
  ['from without a domain', request({ from: 'me' }), 400, '7001'],
  ['two in from', request({ from: 'a@example.com, b@example.com' }), 400, '7001'],
  ['a foreign domain', request({ from: 'me@foreign.example' }), 400, '7001'],
  ["another tenant's domain", request({ from: 'me@other.example' }), 400, '7001'],
  ['a foreign return path', request({}, { return_path: 'b@foreign.example' }), 400, '7001'],
  ['no address', request({}, address(null)), 422, '1400'],
  ['an address without @', request({}, address('nobody')), 422, '1300'],
  ['a literal', request({}, address('a@[127.0.0.1]')), 422, '1300'],
  [
    'CRLF in an address',
    request({}, address('a@example.org\r\nRCPT TO:<b@x.example>')),
    422,
    '1300',
  ],
  [
    'CRLF in a name',
    request({}, address({ email: 'a@b.example', name: 'x\r\nBcc: y' })),
    422,
    '3002',
  ],
  [
    'CRLF in header_to',
    request({}, address({ email: 'a@b.example', header_to: 'x\nBcc: y' })),
    422,
    '3002',
  ],
  [
    'an empty header_to',
    request({}, address({ email: 'a@b.example', header_to: ' , ' })),
    422,
    '1300',
  ],
  ['CRLF in the subject', request({ subject: 'x\r\nBcc: y@x.example' }), 422, '3002'],
  ['CRLF in from', request({ from: { email: 'me@example.com', name: 'a\nb' } }), 422, '3002'],
  ['CRLF in reply_to', request({ reply_to: 'a@example.com\r\nX: y' }), 422, '3002'],
  ['CRLF in a header', request({ headers: { 'X-A': 'x\r\nBcc: y' } }), 422, '3002'],
  ['CRLF in a header name', request({ headers: { 'X-A: b\r\nBcc': 'x' } }), 422, '3002'],
  ['a header that is ours', request({ headers: { Received: 'x' } }), 422, '3002'],
  ['Content-Type as a header', request({ headers: { 'content-type': 'x' } }), 422, '3002'],
  [
    'CRLF by substitution',
    request({ subject: '{{x}}' }, { substitution_data: { x: 'a\r\nb' } }),
    422,
    '3002',
  ],
  [
    'CRLF into from',
    request({ from: '{{x}}' }, { substitution_data: { x: 'me@example.com\r\nb: c' } }),
    422,
    '3002',
  ],
  [
    'an object by substitution',
    request({ text: '{{x}}' }, { substitution_data: { x: {} } }),
    422,
    '3001',
  ],
  ['no base64', request(file({ data: 'no base64!' })), 422, '1300'],
  ['cut base64', request(file({ data: 'abcde' })), 422, '1300'],
  ['CRLF in a type', request(file({ type: 'text/plain\r\nX: y' })), 422, '1300'],
  ['a multipart attachment', request(file({ type: 'multipart/mixed; boundary=x' })), 422, '1300'],
  ['CRLF in a file name', request(file({ name: 'a\r\nX: y' })), 422, '1300'],
  [
    'a bad content id',
    request({ html: 'x', inline_images: [{ name: '<x>', type: 'image/png', data: 'eA==' }] }),
    422,
    '1300',
  ],
  ['deep data', request({}, { substitution_data: nested(30_000) }), 422, '1300'],
  ['deep metadata', request({}, { metadata: nested(30_000) }), 422, '1300'],
  ['large metadata', request({}, { metadata: { x: 'x'.repeat(1_000) } }), 422, '2007'],
  ['a long campaign', request({}, { campaign_id: 'x'.repeat(65) }), 422, '1300'],
  [
    'a start without offset',
    request({}, { options: { start_time: '2026-05-05T10:00:00' } }),
    422,
    '1300',
  ],
  [
    'a start far ahead',
    request({}, { options: { start_time: '2036-05-05T10:00:00Z' } }),
    422,
    '1300',
  ],
  ['a wrong flag', request({}, { options: { transactional: 'no' } }), 422, '1300'],
  [
    'too many recipients',
    request({}, { recipients: Array(10_001).fill('a@example.org') }),
    422,
    '1300',
  ],
  [
    'too many tags',
    request({}, { recipients: [{ address: 'a@b.example', tags: Array(11).fill('x') }] }),
    422,
    '1300',
  ],
  ['a large message', request({ text: 'x'.repeat(1_100_000) }), 400, '1902'],
];

for (const [name, body, status, code] of cases) {
  test(`refuses ${name}`, async () => {
    const api = new Api();
    const answer = await api.send(body);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.equal(answer.body.errors?.[0]?.code, code, JSON.stringify(answer.body));
    assert.equal(api.log.events.length, 0);
  });
}

test('some recipients may be wrong: the others get their mail', async () => {
  const api = new Api();
  const recipients = [
    { address: 'a@example.org' },
    'b@example.org',
    { address: { name: 'nobody' } },
    17,
    { address: 'x@' },
  ];
  const answer = await api.send(request({}, { recipients }), 2);
  assert.equal(answer.status, 200);
  assert.equal(answer.body.errors?.[0]?.code, '2000');
  const { results } = answer.body;
  assert.equal(results?.total_accepted_recipients, 2);
  assert.equal(results?.total_rejected_recipients, 3);
  assert.deepEqual(
    results?.rcpt_to_errors?.map(({ code }) => code),
    ['1400', '1300'],
  );
});

test('what a prototype has is no data, and nothing becomes one', async () => {
  const api = new Api();
  const body = JSON.parse(
    JSON.stringify(
      request({ text: '[{{x.polluted}}{{constructor.name}}{{toString}}{{x.length}}]' }),
    ).replace(
      '"recipients"',
      '"substitution_data":{"__proto__":{"polluted":"1","x":{"polluted":"2"}},"x":"abc"},"metadata":{"__proto__":{"polluted":"3"}},"recipients"',
    ),
  ) as unknown;
  const answer = await api.send(body);
  assert.equal(answer.status, 200);
  assert.ok((await api.messages())[0]!.endsWith('\r\n\r\n[]\r\n'));
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});

test('a log that does not confirm is no acceptance', async () => {
  const api = new Api();
  api.log.unavailable = true;
  const answer = await api.send(request());
  assert.equal(answer.status, 503);
  assert.equal(answer.body.errors?.[0]?.code, '1900');
});

test('a directory that is away is no refusal for good', async () => {
  const api = new Api();
  api.directory.unavailable = true;
  const answer = await api.send(request());
  assert.equal(answer.status, 503);
  assert.equal(api.log.events.length, 0);
});

test('a transmission that would fill the log is refused before anything is accepted', async () => {
  const api = new Api();
  const recipients = Array.from({ length: 10_000 }, (_, i) => `r${i}@example.org`);
  const answer = await api.send(request({ text: 'x'.repeat(500_000) }, { recipients }));
  assert.equal(answer.body.errors?.[0]?.code, '1902');
  assert.equal(api.log.events.length, 0);
});
