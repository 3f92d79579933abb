import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDirectory } from '@staffetta/log-memory';
import { expandRecipients } from './expand-recipients.ts';
import { recipientOf } from './testing/samples.ts';

function directoryOf(): MemoryDirectory {
  const directory = new MemoryDirectory();
  directory.addDomain('ours.example', 'local');
  directory.addDomain('relay.example', 'relay', 'default', 'hop:26');
  directory.addAccount('anna@ours.example', 'x');
  directory.addAccount('ben@ours.example', 'x');
  return directory;
}

async function briefly(
  directory: MemoryDirectory,
  ...addresses: readonly string[]
): Promise<string[]> {
  const recipients = addresses.map((address, n) => recipientOf(n + 1, address));
  const { destinations, added } = await expandRecipients(recipients, directory);
  const lines = destinations.map((one) => {
    const name = `${one.recipient.number} ${one.kind}`;
    if (one.kind === 'local') return `${name} ${one.recipient.accountId}`;
    if (one.kind === 'remote') return `${name} ${one.domain}${one.relay ? ' relay' : ''}`;
    return one.kind === 'refused' ? `${name} ${one.reply.enhanced}` : name;
  });
  return [...lines, ...added.map(({ number, address }) => `+${number} ${address}`)];
}

test('accounts, relay domains, other servers, and nobody', async () => {
  assert.deepEqual(
    await briefly(
      directoryOf(),
      'Anna@OURS.example',
      'x@relay.example',
      'y@Far.example.',
      'no@ours.example',
      'no-domain',
      'a@',
    ),
    [
      '1 local anna@ours.example',
      '2 remote relay.example relay',
      '3 remote far.example',
      '4 refused 5.1.1',
      '5 refused 5.1.3',
      '6 refused 5.1.3',
    ],
  );
});

test('one mailbox named twice gets one copy; local parts of others are told apart by case', async () => {
  assert.deepEqual(
    await briefly(
      directoryOf(),
      'anna@ours.example',
      'ANNA@ours.example',
      'x@far.example',
      'x@FAR.example',
      'X@far.example',
    ),
    [
      '1 local anna@ours.example',
      '2 merged',
      '3 remote far.example',
      '4 merged',
      '5 remote far.example',
    ],
  );
});

test('an alias ends its own entry and begins one for each target, to any depth up to ten', async () => {
  const directory = directoryOf();
  directory.addAlias('all@ours.example', [
    'anna@ours.example',
    'sub@ours.example',
    'out@far.example',
  ]);
  directory.addAlias('sub@ours.example', ['anna@ours.example', 'ben@ours.example']);
  assert.deepEqual(await briefly(directory, 'x@far.example', 'all@ours.example'), [
    '1 remote far.example',
    '2 replaced',
    '3 local anna@ours.example',
    '4 replaced',
    '5 remote far.example',
    '6 merged',
    '7 local ben@ours.example',
    '+3 anna@ours.example',
    '+4 sub@ours.example',
    '+5 out@far.example',
    '+6 anna@ours.example',
    '+7 ben@ours.example',
  ]);
});

test('aliases that lead to each other, or to a multitude, end', async () => {
  const directory = directoryOf();
  directory.addAlias('ping@ours.example', ['pong@ours.example']);
  directory.addAlias('pong@ours.example', ['ping@ours.example']);
  const lines = await briefly(directory, 'ping@ours.example');
  assert.equal(lines.filter((line) => line.includes('replaced')).length, 10);
  assert.ok(lines.includes('11 refused 5.4.6'));
  const many = Array.from({ length: 200 }, (_, n) => `m${n}@ours.example`);
  directory.addAlias('bomb@ours.example', many);
  for (const name of many) directory.addAlias(name, many);
  const { added } = await expandRecipients([recipientOf(1, 'bomb@ours.example')], directory);
  assert.ok(added.length <= 10_000, `${added.length} recipients`);
});
