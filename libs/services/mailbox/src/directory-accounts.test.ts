import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDirectory } from '@staffetta/log-memory';
import { DirectoryAccounts } from './directory-accounts.ts';

function accounts(): DirectoryAccounts {
  const directory = new MemoryDirectory();
  directory.addDomain('ours.example', 'local');
  directory.addDomain('relay.example', 'relay', 'other', 'hop.example:26');
  directory.addAccount('Anna@ours.example', 'secret');
  directory.addAlias('all@ours.example', ['anna@ours.example']);
  return new DirectoryAccounts(directory);
}

test('what stands behind an address of anybody', async () => {
  const found = await accounts().find([
    'anna@OURS.example',
    'all@ours.example',
    'nobody@ours.example',
    'x@relay.example',
    'x@elsewhere.example',
    'no address',
  ]);
  assert.deepEqual(
    found.map((one) => one.kind),
    ['account', 'alias', 'unknown', 'relay', 'foreign', 'foreign'],
  );
  const [account, alias, , relay] = found;
  assert.ok(account?.kind === 'account' && account.address === 'Anna@ours.example');
  assert.deepEqual(alias, {
    kind: 'alias',
    targets: ['anna@ours.example'],
    tenantId: 'default',
  });
  assert.deepEqual(relay, { kind: 'relay', nextHop: 'hop.example:26', tenantId: 'other' });
});

test('passwords are the directory’s to check', async () => {
  const ours = accounts();
  assert.equal((await ours.authenticate('anna@ours.example', 'secret')).kind, 'ok');
  assert.equal((await ours.authenticate('anna@ours.example', 'wrong')).kind, 'refused');
});
