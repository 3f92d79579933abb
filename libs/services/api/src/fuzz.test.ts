import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api } from './api.contract.ts';
import { hasControls } from './read/fields.ts';

const ROUNDS = 600;
const SEED = Number(process.env['STAFFETTA_TEST_SEED'] ?? Date.now() % 1_000_000);

const HOSTILE: readonly unknown[] = [
  ...[null, true, 0, -1, 1e308, '', ' ', [], {}, [[]], [null], { email: null }, 'x'],
  ...['a\r\nBcc: evil@x.example', 'a\nX-Evil: 1', '\r', '\u0000', '\u2028', '\ud800', '\u202e'],
  ...['a@b.example\r\nX-Evil: 1', '<a@b.example>', '"a b"@b.example', 'a@b@c', '@', 'a@-', ',,;:'],
  ...[
    '{{',
    '}}',
    '{{{',
    '{{x}}',
    '{{{x}}}',
    "{{x or '\r\nX-Evil: 1'}}",
    '{{x.y[1]["z"]}}',
    '{{if}}',
  ],
  ...['{{__proto__}}', '{{constructor.name}}', '{{x'.repeat(50), '{{x or '.repeat(50)],
  ...['=?utf-8?q?=0d=0aX-Evil:_1?=', '"', '\\', '(', '<', 'é'.repeat(300), 'x'.repeat(3_000)],
  ...['From: me@example.com\r\n\r\n.\r\n', 'me@example.com', { x: 'a\r\nX-Evil: 1' }, ['x', 'y']],
];

const SAMPLE = {
  options: { transactional: true, start_time: '2026-05-06T10:00:00Z', ip_pool: 'p' },
  campaign_id: 'c',
  metadata: { x: 'm' },
  substitution_data: { x: 'v', y: { z: 1 } },
  return_path: 'bounce@example.com',
  recipients: [
    { address: { email: 'a@example.org', name: 'A', header_to: 'b@example.org' }, tags: ['t'] },
    { address: 'c@example.org', substitution_data: { x: 'w' }, metadata: { y: 'n' } },
  ],
  content: {
    from: { email: 'me@example.com', name: 'Me {{x}}' },
    subject: 'Subject {{x}}',
    text: 'text {{x}}',
    html: '<p>{{x}}</p>',
    reply_to: 'r@example.com',
    headers: { 'X-One': '{{x}}', CC: 'd@example.org' },
    attachments: [{ name: 'a.txt', type: 'text/plain', data: 'eA==' }],
    inline_images: [{ name: 'i', type: 'image/png', data: 'eA==' }],
  },
};

const FIELDS = new Set([
  ...['received', 'date', 'message-id', 'from', 'to', 'cc', 'subject', 'reply-to', 'x-one'],
  ...['mime-version', 'content-type', 'content-transfer-encoding'],
]);

test(`no request throws, and none writes a header field of its own (seed ${SEED})`, async () => {
  const random = generator(SEED);
  let sent = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const api = new Api();
    const body: unknown = structuredClone(SAMPLE);
    for (let i = 0; i <= random(2); i++) mutate(body, random);
    const answer = await api.send(body);
    assert.ok([200, 400, 404, 422].includes(answer.status), JSON.stringify({ answer, body }));
    for (const record of await api.records()) {
      sent += 1;
      const text = record.body.bytes!.toString('latin1');
      const problem = wrong(text);
      assert.equal(problem, undefined, JSON.stringify({ problem, body, text }));
      const addresses = [record.envelope.reversePath, record.envelope.recipients[0]!.address];
      for (const address of addresses) assert.ok(!hasControls(address) && !/[<>]/.test(address));
    }
  }
  assert.ok(sent > ROUNDS / 4, `only ${sent} messages were made`);
});

/** What is wrong with a message, if anything. */
function wrong(text: string): string | undefined {
  if (/[^\r]\n|\r[^\n]|\0/.test(text)) return 'a bare line end or NUL';
  const header = text.slice(0, text.indexOf('\r\n\r\n'));
  const names = header.split(/\r\n(?![ \t])/).map((line) => line.split(':')[0]!.toLowerCase());
  return names.find((name) => !FIELDS.has(name));
}

type Random = (below: number) => number;

/** Puts something hostile into a place of the request. */
function mutate(value: unknown, random: Random): void {
  let at = value as Record<string, unknown>;
  for (;;) {
    const keys = Object.keys(at);
    const key = keys[random(keys.length)];
    if (key === undefined) return;
    const inner = at[key];
    if (typeof inner === 'object' && inner !== null && random(5) > 0) {
      at = inner as Record<string, unknown>;
      continue;
    }
    at[key] = structuredClone(HOSTILE[random(HOSTILE.length)]);
    return;
  }
}

/** Mulberry32. */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
