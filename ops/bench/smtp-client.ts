/**
 * The rate of the SMTP client beside that of a bare socket loop that writes the same octets, in the same run, against
 * a counting sink in a process of its own, or against a server that listens on a port already. With connections kept,
 * and (the client alone) with a connection for each message.
 *
 *   node --conditions=@staffetta/source ops/bench/smtp-client.ts [messages] [bytes] [sessions] [rounds] [port]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { CountingSmtpSink } from '@staffetta/testing';
import { createSmtpConnector } from '@staffetta/smtp-client';
import type { OutgoingMessage } from '@staffetta/core';

const LINE = `${'x'.repeat(70)}\r\n`;
const ENVELOPE = ['MAIL FROM:<a@sender.test>', 'RCPT TO:<b@sink.test>', 'DATA'];

const connector = createSmtpConnector();

interface Measured {
  readonly perSecond: number;
  readonly cpuSeconds: number;
}

if (process.argv[2] === 'sink') {
  const sink = await CountingSmtpSink.start();
  process.send?.(sink.port);
} else {
  const [messages = 20_000, sizeBytes = 10_240, sessions = 20, rounds = 5, port] = process.argv
    .slice(2)
    .map(Number);
  const load = { messages, sizeBytes, sessions, rounds };
  if (port === undefined) await compareOnSink(load);
  else await compare(load, port);
}

interface Load {
  readonly messages: number;
  readonly sizeBytes: number;
  readonly sessions: number;
  readonly rounds: number;
}

async function compareOnSink(load: Load): Promise<void> {
  const sink = fork(import.meta.filename, ['sink'], { execArgv: process.execArgv });
  const [port] = (await once(sink, 'message')) as [number];
  await compare(load, port);
  sink.kill();
}

async function compare(load: Load, port: number): Promise<void> {
  const content = contentOf(load.sizeBytes);
  const ours: Measured[] = [];
  const single: Measured[] = [];
  const bare: Measured[] = [];
  for (let round = 0; round < load.rounds; round += 1) {
    bare.push(await measured(load, (count) => bareSession(port, content, count)));
    ours.push(await measured(load, (count) => clientSession(port, content, count)));
    single.push(await measured(load, (count) => singleSessions(port, content, count)));
  }
  console.log(`${load.messages} messages of ${content.length} octets, ${load.sessions} sessions`);
  print('bare socket loop', bare);
  print('smtp-client', ours);
  print('a connection each', single);
  const ratio = median(ours.map((each, i) => each.perSecond / (bare[i]?.perSecond ?? NaN)));
  console.log(`ratio ${ratio.toFixed(2)} (median of ${load.rounds})`);
}

async function measured(load: Load, session: (count: number) => Promise<void>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const each = Math.ceil(load.messages / load.sessions);
  await Promise.all(Array.from({ length: load.sessions }, () => session(each)));
  const seconds = (performance.now() - beganMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const count = each * load.sessions;
  return { perSecond: count / seconds, cpuSeconds: ((user + system) / 1e6 / count) * 1000 };
}

async function singleSessions(port: number, content: Buffer, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) await clientSession(port, content, 1);
}

async function clientSession(port: number, content: Buffer, count: number): Promise<void> {
  const result = await connector.connect({
    host: 'sink.test',
    address: '127.0.0.1',
    port,
    ehloName: 'bench.test',
    tls: 'off',
  });
  if (result.kind === 'refused') throw new Error(result.reason);
  for (let sent = 0; sent < count; sent += 1) {
    const { outcomes } = await result.connection.send(messageOf(content));
    if (outcomes[0]?.kind !== 'delivered') throw new Error(JSON.stringify(outcomes));
  }
  await result.connection.close();
}

function messageOf(content: Buffer): OutgoingMessage {
  return {
    reversePath: 'a@sender.test',
    recipients: [{ address: 'b@sink.test' }],
    sizeBytes: content.length,
    smtputf8: false,
    is8bit: false,
    body: content,
  };
}

/** Counts replies by their line ends and looks at nothing. */
function bareSession(port: number, content: Buffer, count: number): Promise<void> {
  const envelope = `${ENVELOPE.join('\r\n')}\r\n`;
  const end = Buffer.from('.\r\n');
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sent = 0;
    // The banner and the reply to HELO.
    let awaited = 2;
    let inContent = true;
    socket.write('HELO bench.test\r\n');
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      for (const octet of chunk) if (octet === 10) awaited -= 1;
      if (awaited > 0) return;
      if (!inContent) {
        inContent = true;
        awaited = 1;
        socket.cork();
        socket.write(content);
        socket.write(end);
        socket.uncork();
      } else if (sent < count) {
        inContent = false;
        sent += 1;
        awaited = 3;
        socket.write(envelope, 'latin1');
      } else {
        socket.destroy();
        resolve();
      }
    });
  });
}

function contentOf(sizeBytes: number): Buffer {
  const header = 'From: <a@sender.test>\r\nTo: <b@sink.test>\r\nSubject: bench\r\n\r\n';
  const lines = Math.max(0, Math.round((sizeBytes - header.length) / LINE.length));
  return Buffer.from(header + LINE.repeat(lines), 'latin1');
}

function print(name: string, rounds: readonly Measured[]): void {
  const rate = median(rounds.map((each) => each.perSecond));
  const cpu = median(rounds.map((each) => each.cpuSeconds));
  console.log(
    `${name.padEnd(18)} ${Math.round(rate)} messages/s, ${cpu.toFixed(3)} CPU s per 1,000`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.trunc(values.length / 2)] ?? 0;
}
