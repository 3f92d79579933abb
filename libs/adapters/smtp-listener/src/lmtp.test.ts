import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MemoryBudget } from '@staffetta/core';
import type { SmtpAnswer, SmtpListener, SmtpSessionHandler } from '@staffetta/core';
import { SmtpDialogue } from '@staffetta/testing';
import { listenSmtp } from './listen.ts';
import { listenerOptions } from './testing/listener-options.ts';

const OK: SmtpAnswer = { code: 250, enhanced: '2.1.5', text: 'Ok' };
const NO: SmtpAnswer = { code: 550, enhanced: '5.1.1', text: 'No such\r\n250 mailbox' };

/** Knows addresses that begin with `ok`; delivers to those that do not end in `full`. */
class Handler implements SmtpSessionHandler {
  #addresses: string[] = [];
  mail = (): SmtpAnswer => OK;
  rcpt = ({ address }: { address: string }): SmtpAnswer => {
    if (!address.startsWith('ok')) return NO;
    this.#addresses.push(address);
    return OK;
  };
  content = (): Promise<SmtpAnswer[]> =>
    Promise.resolve(
      this.#addresses.map((address) =>
        address.startsWith('ok-full')
          ? { code: 452, enhanced: '4.2.2', text: 'Full' }
          : { code: 250, enhanced: '2.0.0', text: `for ${address}` },
      ),
    );
  reset(): void {
    this.#addresses = [];
  }
  close(): void {}
}

let listener: SmtpListener;
const memory = new MemoryBudget(100_000);
before(async () => {
  const options = { protocol: 'lmtp', hostname: 'store.example', memory } as const;
  listener = await listenSmtp(listenerOptions({ ...options, open: () => new Handler() }));
});
after(() => listener.drain(100));

test('each recipient has its own answer after the final dot', async () => {
  const peer = await SmtpDialogue.open(listener.addresses[0]!);
  await peer.expect('220 store.example LMTP');
  await peer.say('EHLO x', '500 5.5.1');
  await peer.say('HELO x', '500 5.5.1');
  const extensions = await peer.say('LHLO x', '250');
  assert.ok(extensions.includes('PIPELINING') && extensions.includes('ENHANCEDSTATUSCODES'));
  for (let round = 0; round < 2; round += 1) {
    await peer.say('MAIL FROM:<>', '250');
    await peer.say('RCPT TO:<ok1@x>', '250');
    await peer.say('RCPT TO:<who@x>', '550 5.1.1 No such  250 mailbox');
    await peer.say('RCPT TO:<ok-full@x>', '250');
    await peer.say('RCPT TO:<ok2@x>', '250');
    await peer.say('DATA', '354');
    peer.send('hello\r\n.\r\n');
    await peer.expect('250 2.0.0 for ok1@x');
    await peer.expect('452 4.2.2 Full');
    await peer.expect('250 2.0.0 for ok2@x');
  }
  await peer.say('MAIL FROM:<>', '250');
  await peer.say('RCPT TO:<ok1@x>', '250');
  await peer.say('RCPT TO:<ok2@x>', '250');
  await peer.say('DATA', '354');
  peer.send(`${'x'.repeat(1_001)}\r\n.\r\n`);
  await peer.expect('552 5.3.4');
  await peer.expect('552 5.3.4');
  await peer.say('QUIT', '221');
  await peer.ended();
  assert.equal(memory.usedBytes, 0);
});
