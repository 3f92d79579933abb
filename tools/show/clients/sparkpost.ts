import assert from 'node:assert/strict';
import SparkPost from 'sparkpost';
import { RELAY_DOMAIN } from '../../harness/house.ts';
import type { House } from '../../harness/house.ts';
import type { Check } from './check.ts';
import { waitFor } from '../../harness/wait.ts';

const THOUSAND = 1_000;
const ARRIVE_TIMEOUT_MS = 60_000;

async function sparkpostSendsOne(house: House): Promise<void> {
  const client = await open(house);
  const { results } = await client.transmissions.send({
    campaign_id: 'welcome',
    metadata: { order: '17' },
    substitution_data: { name: 'everybody' },
    content: {
      from: { name: 'News', email: `news@${RELAY_DOMAIN}` },
      subject: 'Hello {{name}}',
      text: 'Hello {{name}}, one text',
      html: '<p>Hello {{name}}</p>',
      headers: { 'X-Own': 'kept' },
      attachments: [
        { name: 'a.txt', type: 'text/plain', data: Buffer.from('attached').toString('base64') },
      ],
    },
    recipients: [
      {
        address: { email: `one@${RELAY_DOMAIN}`, name: 'One' },
        substitution_data: { name: 'One' },
      },
    ],
  });
  assert.equal(results.total_accepted_recipients, 1);
  const content = await arrived(house, `one@${RELAY_DOMAIN}`);
  assert.match(content, /^Subject: Hello One\r$/m);
  assert.match(content, /^X-Own: kept\r$/m);
  assert.match(content, /Hello One, one text/);
}

async function sparkpostSendsAThousand(house: House): Promise<void> {
  const client = await open(house);
  const { results } = await client.transmissions.send({
    options: { transactional: false },
    content: {
      from: `news@${RELAY_DOMAIN}`,
      subject: 'Number {{number}}',
      text: 'You are {{number}}',
    },
    recipients: Array.from({ length: THOUSAND }, (_, number) => ({
      address: `many${number}@${RELAY_DOMAIN}`,
      substitution_data: { number: String(number) },
    })),
  });
  assert.equal(results.total_accepted_recipients, THOUSAND);
  await waitFor('a thousand have arrived', ARRIVE_TIMEOUT_MS, async () => {
    return (await house.staffetta.queueLength()) === 0 && manyArrived(house) >= THOUSAND;
  });
  assert.equal(manyArrived(house), THOUSAND);
  assert.match(await arrived(house, `many999@${RELAY_DOMAIN}`), /^Subject: Number 999\r$/m);
}

async function sparkpostIsRefusedWithAWrongKey({ staffetta }: House): Promise<void> {
  const client = new SparkPost('wrong', { origin: `http://127.0.0.1:${staffetta.ports.api}` });
  const transmission = {
    content: { from: `news@${RELAY_DOMAIN}`, subject: 'no', text: 'no' },
    recipients: [{ address: `no@${RELAY_DOMAIN}` }],
  };
  await assert.rejects(client.transmissions.send(transmission), { statusCode: 401 });
}

async function open({ staffetta }: House): Promise<SparkPost> {
  const name = `key-${Date.now()}`;
  const output = await staffetta.must(['apikey', 'add', name, '--tenant', 'default']);
  const { key } = JSON.parse(output) as { key: string };
  return new SparkPost(key, { origin: `http://127.0.0.1:${staffetta.ports.api}` });
}

function manyArrived({ sink }: House): number {
  return sink.messages().filter(({ rcptArgs }) => rcptArgs[0]?.startsWith('<many') === true).length;
}

async function arrived({ sink }: House, recipient: string): Promise<string> {
  let content: string | undefined;
  await waitFor(`the message to ${recipient}`, ARRIVE_TIMEOUT_MS, () => {
    const message = sink.messages().find(({ rcptArgs }) => rcptArgs.includes(`<${recipient}>`));
    content = message?.content.toString();
    return content !== undefined;
  });
  return content ?? '';
}

export const checks: readonly Check[] = [
  sparkpostSendsOne,
  sparkpostSendsAThousand,
  sparkpostIsRefusedWithAWrongKey,
];
