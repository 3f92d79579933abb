import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

let doors: Doors;
before(async () => {
  doors = await startDoors();
});
after(() => doors.stop());

/** The fields before the content that was sent. */
async function fieldsAdded(user: string, password: string, content: string): Promise<string[]> {
  const peer = await doors.loggedIn(user, password);
  await sendMail(peer, 'anna@local.example', 'a@far.example', content);
  const kept = doors.accepted().at(-1)!.body.bytes!.toString();
  assert.ok(kept.endsWith(`${content}\r\n`));
  const before = kept.slice(0, -content.length - 2);
  return [...before.matchAll(/^([\w-]+):/gm)].map(([, name]) => name!);
}

test("an account's mail gets Message-ID and Date where it has none", async () => {
  const anna = ['anna@local.example', 'secret'] as const;
  assert.deepEqual(await fieldsAdded(...anna, 'To: x\r\n\r\nDate: in the body'), [
    'Received',
    'Message-ID',
    'Date',
  ]);
  assert.deepEqual(await fieldsAdded(...anna, 'dATE : x\r\nTo: y\r\n\r\n'), [
    'Received',
    'Message-ID',
  ]);
  assert.deepEqual(await fieldsAdded(...anna, 'MESSAGE-Id:\r\n <x@y>\r\nDate: z\r\n\r\n'), [
    'Received',
  ]);
});

test("a credential's mail is left as it is", async () => {
  assert.deepEqual(await fieldsAdded('shop', 'token', 'To: x\r\n\r\n'), ['Received']);
});
