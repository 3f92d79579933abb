import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Accounts, Authentication } from '@staffetta/core';
import { MemoryDirectory } from '@staffetta/log-memory';
import { RemotePasswords } from './remote-passwords.ts';

function scene(
  answer: Authentication,
  canAsk = true,
): { directory: RemotePasswords; asked: string[] } {
  const own = new MemoryDirectory();
  own.addDomain('ours.example', 'local');
  own.addAccount('anna@ours.example', 'secret');
  const asked: string[] = [];
  const accounts: Accounts = {
    find: async () => [],
    authenticate: async (user) => {
      asked.push(user);
      return answer;
    },
  };
  return { directory: new RemotePasswords(own, accounts, () => canAsk), asked };
}

const kindOf = async (directory: RemotePasswords, password: string): Promise<string> =>
  (await directory.authenticate('anna@ours.example', password)).kind;

test('the answer of the mailbox service stands; look-ups are answered here', async () => {
  const { directory } = scene({ kind: 'refused' });
  assert.equal(await kindOf(directory, 'secret'), 'refused');
  assert.equal((await directory.domain('ours.example'))?.kind, 'local');
  assert.equal((await directory.address('anna@ours.example')).kind, 'account');
  assert.equal(await directory.sendingDomain('default', 'ours.example'), true);
});

test('where it gives none, or the way to it is open, passwords are checked here', async () => {
  const away = scene({ kind: 'unavailable' });
  assert.equal(await kindOf(away.directory, 'secret'), 'ok');
  assert.equal(await kindOf(away.directory, 'wrong'), 'refused');
  assert.equal(away.asked.length, 2);
  const open = scene({ kind: 'refused' }, false);
  assert.equal(await kindOf(open.directory, 'secret'), 'ok');
  assert.deepEqual(open.asked, []);
});
