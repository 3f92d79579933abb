import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { briefOutcomes, connectionOf, outgoingMessage } from '@staffetta/testing';
import { createSmtpConnector } from './connector.ts';

const SMTP_SINK = '/usr/sbin/smtp-sink';

/** Postfix's smtp-sink keeps each message in a file, after fields of its own and without CR. */
interface Sink {
  readonly port: number;
  messages(): string[];
  stop(): Promise<void>;
}

async function startSink(options: readonly string[]): Promise<Sink> {
  const folder = mkdtempSync(join(tmpdir(), 'smtp-sink-'));
  chmodSync(folder, 0o777);
  const port = await freePort();
  // As root it must give its rights away.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const dump = ['-d', join(folder, 'mail.')];
  const sink = spawn(SMTP_SINK, [...user, ...dump, ...options, `127.0.0.1:${port}`, '100'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(sink, 'spawn');
  await listening(sink, port);
  return {
    port,
    messages: () => readdirSync(folder).map((name) => kept(readFileSync(join(folder, name)))),
    async stop() {
      sink.kill();
      await once(sink, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

function kept(dump: Buffer): string {
  const text = dump.toString('latin1');
  const subject = text.indexOf('Subject: ');
  return text.slice(subject, -1).replaceAll('\n', '\r\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when the port answers; fails when the sink ends first. */
async function listening(sink: ChildProcess, port: number): Promise<void> {
  for (;;) {
    assert.equal(sink.exitCode, null, 'smtp-sink has ended');
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
  }
}

const CONTENT = `Subject: hi\r\n\r\n.dot\r\n..\r\n${'z'.repeat(76)}\r\n.\r\n`;
const LARGE = CONTENT + `${'y'.repeat(70)}\r\n`.repeat(5_000);

for (const [what, options, target] of [
  ['with all it offers', [], {}],
  ['without PIPELINING', ['-p'], {}],
  ['without ESMTP', ['-e'], {}],
  ['without 8BITMIME', ['-8'], {}],
  ['in LMTP', ['-L'], { lmtp: true }],
] as const) {
  test(`Postfix's sink ${what} gets every octet of three messages`, async () => {
    const sink = await startSink(options);
    try {
      const connection = connectionOf(
        await createSmtpConnector().connect({
          host: 'sink.test',
          address: '127.0.0.1',
          port: sink.port,
          ehloName: 'relay.test',
          tls: 'opportunistic',
          ...target,
        }),
      );
      for (const content of [CONTENT, LARGE, CONTENT]) {
        const sent = outgoingMessage(['a@x.test', 'b@x.test'], { body: Buffer.from(content) });
        const { outcomes } = await connection.send(sent);
        assert.deepEqual(
          briefOutcomes(outcomes).map((each) => each.split(' ')[0]),
          ['delivered', 'delivered'],
        );
      }
      await connection.close();
      const byLength = (a: string, b: string) => a.length - b.length;
      assert.deepEqual(sink.messages().sort(byLength), [CONTENT, CONTENT, LARGE]);
    } finally {
      await sink.stop();
    }
  });
}
