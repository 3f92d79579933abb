import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { SmtpListener } from '@staffetta/core';
import { SmtpDialogue } from '@staffetta/testing';
import { listenSmtp } from './listen.ts';
import { listenerOptions } from './testing/listener-options.ts';

/** Refuses each session with the address that it has. */
async function listening(timeoutMs = 5_000): Promise<{ listener: SmtpListener; seen: string[] }> {
  const seen: string[] = [];
  const proxied = listenerOptions({
    proxy: { trusts: (address) => address !== '127.0.0.9', timeoutMs },
    open({ remoteAddress }) {
      seen.push(remoteAddress);
      return { code: 421, enhanced: '4.3.2', text: remoteAddress };
    },
  });
  const listener = await listenSmtp(proxied);
  return { listener, seen };
}

const LINE = 'PROXY TCP4 192.0.2.7 198.51.100.1 50000 25\r\n';

/** Resolves with all that a peer hears. */
async function heard(listener: SmtpListener, octets: string, from = '127.0.0.1'): Promise<string> {
  const peer = await SmtpDialogue.open({ ...listener.addresses[0]!, from });
  peer.send(octets);
  const text = await peer.ended();
  peer.destroy();
  return text;
}

test('the address of the header is that of the session', async () => {
  const { listener, seen } = await listening();
  const v6 = `20010db8${'0'.repeat(23)}1`;
  const binary = Buffer.from(`0d0a0d0a000d0a515549540a21210024${v6}${v6}00010019`, 'hex');
  assert.equal(await heard(listener, LINE), '421 4.3.2 192.0.2.7\r\n');
  assert.equal(await heard(listener, binary.toString('latin1')), '421 4.3.2 2001:db8::1\r\n');
  assert.equal(await heard(listener, 'PROXY UNKNOWN\r\n', '127.0.0.3'), '421 4.3.2 127.0.0.3\r\n');
  assert.deepEqual(seen, ['192.0.2.7', '2001:db8::1', '127.0.0.3']);
  await listener.drain(1_000);
});

test('closed without a word: garbage, no header, a peer that is not trusted, one that goes in between', async () => {
  const { listener, seen } = await listening();
  assert.equal(await heard(listener, 'EHLO x\r\n'), '');
  assert.equal(await heard(listener, 'PROXY TCP4 nonsense\r\n'), '');
  assert.equal(await heard(listener, LINE, '127.0.0.9'), '');
  const half = connect(listener.addresses[0]!.port, '127.0.0.1');
  half.end('PROXY TCP4 ');
  half.resume();
  await once(half, 'close');
  assert.deepEqual(seen, []);
  await listener.drain(1_000);
});

test('closed without a word: a header that is not whole in time, however often an octet of it comes', async () => {
  const { listener, seen } = await listening(100);
  const peer = await SmtpDialogue.open(listener.addresses[0]!);
  let sent = 0;
  const drip = setInterval(() => peer.send(LINE[sent++] ?? ''), 10);
  assert.equal(await peer.ended(), '');
  clearInterval(drip);
  assert.ok(sent > 1 && sent < LINE.length, `${sent} octets sent`);
  assert.equal(await heard(listener, ''), '');
  assert.deepEqual(seen, []);
  peer.destroy();
  await listener.drain(1_000);
});

test('a drain does not wait for headers', async () => {
  const { listener, seen } = await listening();
  const peer = await SmtpDialogue.open(listener.addresses[0]!);
  peer.send('PROXY ');
  // One that came later has its answer: the first one is in.
  await heard(listener, LINE);
  const from = performance.now();
  await listener.drain(4_000);
  assert.ok(performance.now() - from < 2_000);
  assert.equal(await peer.ended(), '');
  assert.deepEqual(seen, ['192.0.2.7']);
});
