import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmtpDialogue } from '@staffetta/testing';
import { startDoors } from './doors.contract.ts';

test('who is told goodbye may come back before the old connection is closed', async () => {
  const doors = await startDoors({ connectionsPerAddressMax: 1 });
  for (let i = 0; i < 20; i += 1) {
    const peer = await SmtpDialogue.open({ port: doors.port('mx') });
    await peer.expect('220');
    await peer.say('QUIT', '221');
  }
  assert.deepEqual(doors.refused, []);
  await doors.stop();
});
