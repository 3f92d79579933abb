import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { SmtpAnswer, SmtpListenerOptions } from '@staffetta/core';
import { SmtpDialogue } from '@staffetta/testing';
import { listenSmtp } from './listen.ts';
import { listenerOptions } from './testing/listener-options.ts';

const BUSY: SmtpAnswer = { code: 421, enhanced: '4.3.2', text: 'Busy' };

function options(changes: Partial<SmtpListenerOptions>): SmtpListenerOptions {
  return listenerOptions({ open: () => BUSY, ...changes });
}

test('a port that is taken is named', async () => {
  const first = await listenSmtp(options({}));
  const { port } = first.addresses[0]!;
  await assert.rejects(listenSmtp(options({ port })), {
    code: 'EADDRINUSE',
    host: '127.0.0.1',
    port,
    message: `127.0.0.1:${port} is in use`,
  });
  await first.drain(0);
});

test('all addresses have the same port; those of a missing family are skipped', async () => {
  const listener = await listenSmtp(options({ hosts: ['127.0.0.1', '::1'] }));
  const hasIpv6 = await new Promise<boolean>((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen({ host: '::1', port: 0 }, () => probe.close(() => resolve(true)));
  });
  const { port } = listener.addresses[0]!;
  const expected = [{ host: '127.0.0.1', port }];
  assert.deepEqual(listener.addresses, hasIpv6 ? [...expected, { host: '::1', port }] : expected);
  await listener.drain(0);
});

test('a session that is refused gets the answer instead of the greeting', async () => {
  const listener = await listenSmtp(options({}));
  const peer = await SmtpDialogue.open(listener.addresses[0]!);
  await peer.expect('421 4.3.2 Busy');
  await peer.ended();
  peer.destroy();
  await listener.drain(1_000);
  assert.equal(listener.connections, 0);
});
