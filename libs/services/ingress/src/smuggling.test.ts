import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';

/** What other servers have taken for the end of the content. */
const FALSE_ENDS = [
  '\n.\n',
  '\n.\r\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r',
  '\r\n.\n',
  '\r\n.\r\r\n',
  '\r\n.\0\r\n',
  '\r\n\0.\r\n',
  '\n\n.\r\n',
  '\r\n..\r\n',
  '\r\n. \r\n',
];
const SMUGGLED =
  'MAIL FROM:<evil@far.example>\r\nRCPT TO:<anna@local.example>\r\nDATA\r\nevil\r\n.\r\n';

let doors: Doors;
before(async () => {
  doors = await startDoors();
});
after(() => doors.stop());

for (const [index, end] of FALSE_ENDS.entries()) {
  test(`${JSON.stringify(end)} does not end the content, at any split`, async () => {
    const start = 'MAIL FROM:<a@far.example>\r\nRCPT TO:<anna@local.example>\r\nDATA\r\n';
    for (const door of ['mx', 'submissions'] as const) {
      const peer =
        door === 'mx' ? await doors.session('mx', 'x') : await doors.loggedIn('shop', 'token');
      const sender = door === 'mx' ? start : start.replace('a@far.example', '');
      const before = doors.accepted().length;
      peer.send(sender);
      for (const code of ['250', '250', '354']) await peer.expect(code);
      for (const octet of `first${end}`) peer.send(octet);
      peer.send(SMUGGLED);
      // One message ended: by the final dot of what should be smuggled.
      const reply = await peer.reply();
      assert.match(reply, /^(?:250|550 5\.6\.0)/);
      await peer.say('NOOP', '250');
      const accepted = doors.accepted().slice(before);
      assert.equal(accepted.length, reply.startsWith('250') ? 1 : 0, `vector ${index} at ${door}`);
      for (const { envelope, body } of accepted) {
        assert.notEqual(envelope.reversePath, 'evil@far.example');
        const text = body.bytes!.toString('latin1');
        assert.ok(!/(?<!\r)\n|\r(?!\n)/.test(text));
      }
    }
  });
}

test('commands end in CR LF only', async () => {
  const peer = await doors.session('mx', 'x');
  peer.send('NOOP\n');
  await peer.expect('500 5.5.2');
  peer.send('MAIL FROM:<a@b.example>\rRSET\r\n');
  await peer.expect('500 5.5.2');
  peer.send('MAIL FROM:<a@b.example>\0\r\n');
  await peer.expect('500 5.5.2');
  await peer.say('MAIL FROM:<a@b.example>', '250');
});

test('a web browser is turned away', async () => {
  const peer = await doors.session('mx');
  peer.send('POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@b.example>\r\n');
  await peer.expect('500 5.5.1');
  assert.equal(await peer.ended(), '');
});
