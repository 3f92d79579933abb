import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { Connection, TlsIdentity } from '@staffetta/core';
import { listenTcp } from './listen-tcp.ts';
import type { ServedSession, TcpListener, TcpListenerOptions } from './listen-tcp.ts';

const folder = mkdtempSync(join(tmpdir(), 'tcp-listener-'));
after(() => rmSync(folder, { recursive: true }));

function selfSigned(name: string): TlsIdentity {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', `/CN=${name}`, '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

const tls = selfSigned('first');

/** Repeats what it hears; `STARTTLS` starts TLS, `QUIT` and a drain end it. */
class Echo implements ServedSession {
  readonly connection: Connection;
  readonly #over = Promise.withResolvers<void>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async run(): Promise<void> {
    this.#attach();
    await this.#over.promise;
  }

  drain(): void {
    this.connection.stream.write('BYE\n');
    this.#over.resolve();
  }

  readonly #hear = (chunk: Buffer): void => {
    const text = chunk.toString();
    if (text === 'QUIT\n') this.drain();
    else if (text === 'STARTTLS\n') void this.#startTls();
    else this.connection.stream.write(`${this.connection.tls ? 'tls' : 'plain'} ${text}`);
  };

  #attach(): void {
    this.connection.stream.on('data', this.#hear);
    for (const event of ['end', 'close']) {
      this.connection.stream.on(event, () => this.#over.resolve());
    }
  }

  async #startTls(): Promise<void> {
    const { stream } = this.connection;
    stream.off('data', this.#hear);
    stream.write('GO\n');
    try {
      await this.connection.startTls();
      this.#attach();
    } catch {
      this.#over.resolve();
    }
  }
}

async function listening(options: Partial<TcpListenerOptions> = {}): Promise<TcpListener> {
  return listenTcp({
    hosts: ['127.0.0.1'],
    port: 0,
    implicitTls: false,
    tls,
    connectionsMax: 100,
    connectionsPerAddressMax: 100,
    refusal: 'FULL\n',
    open: (connection) => new Echo(connection),
    ...options,
  });
}

function portOf(listener: TcpListener): number {
  return listener.addresses[0]?.port ?? 0;
}

async function said(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

async function empty(listener: TcpListener): Promise<void> {
  while (listener.connections > 0) await new Promise((resolve) => setImmediate(resolve));
}

test('serves a connection, in the clear and after STARTTLS', async () => {
  const listener = await listening();
  const socket = connect(portOf(listener), '127.0.0.1');
  socket.write('hello\n');
  assert.equal(await said(socket), 'plain hello\n');
  socket.write('STARTTLS\n');
  assert.equal(await said(socket), 'GO\n');
  const secure = connectTls({ socket, rejectUnauthorized: false });
  secure.write('again\n');
  assert.equal(await said(secure), 'tls again\n');
  secure.write('QUIT\n');
  assert.equal(await said(secure), 'BYE\n');
  await once(secure, 'close');
  await empty(listener);
  await listener.drain(1_000);
});

test('TLS from the first octet, with the certificate of the moment', async () => {
  const listener = await listening({ implicitTls: true });
  for (const name of ['first', 'second']) {
    if (name === 'second') listener.setTls(selfSigned(name));
    const secure = connectTls({
      port: portOf(listener),
      host: '127.0.0.1',
      rejectUnauthorized: false,
    });
    await once(secure, 'secureConnect');
    assert.equal(secure.getPeerCertificate().subject.CN, name);
    secure.write('x\n');
    assert.equal(await said(secure), 'tls x\n');
    secure.destroy();
  }
  await empty(listener);
  await listener.drain(1_000);
});

test('a failed handshake leaves nothing behind', async () => {
  const implicit = await listening({ implicitTls: true });
  const explicit = await listening();
  const first = connect(portOf(implicit), '127.0.0.1');
  first.on('error', () => {});
  first.write('GET / HTTP/1.1\r\n\r\n');
  const second = connect(portOf(explicit), '127.0.0.1');
  second.on('error', () => {});
  second.write('STARTTLS\n');
  await said(second);
  second.write('this is no handshake\n');
  await Promise.all([once(first, 'close'), once(second, 'close')]);
  await Promise.all([empty(implicit), empty(explicit)]);
  await Promise.all([implicit.drain(1_000), explicit.drain(1_000)]);
});

test('connections over a limit are refused, and there is room again when one goes', async () => {
  const listener = await listening({ connectionsPerAddressMax: 2 });
  const port = portOf(listener);
  const open = (localAddress: string): Socket => connect({ port, host: '127.0.0.1', localAddress });
  const sockets = [open('127.0.0.1'), open('127.0.0.1'), open('127.0.0.2')];
  for (const socket of sockets) {
    socket.write('x\n');
    assert.equal(await said(socket), 'plain x\n');
  }
  const refused = open('127.0.0.1');
  assert.equal(await said(refused), 'FULL\n');
  await once(refused, 'close');
  assert.equal(listener.connections, 3);
  sockets[0]?.destroy();
  while (listener.connections > 2) await new Promise((resolve) => setImmediate(resolve));
  const again = open('127.0.0.1');
  again.write('x\n');
  assert.equal(await said(again), 'plain x\n');
  for (const socket of [...sockets, again]) socket.destroy();
  await empty(listener);
  await listener.drain(1_000);
});

test('a drain ends sessions, and cuts off what does not go', async () => {
  const listener = await listening();
  const port = portOf(listener);
  const polite = connect(port, '127.0.0.1');
  polite.write('x\n');
  await said(polite);
  const drained = listener.drain(5_000);
  assert.equal(await said(polite), 'BYE\n');
  await drained;
  assert.equal(listener.connections, 0);
  const late = connect(port, '127.0.0.1');
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');

  const stubborn = await listening({
    open: () => ({ run: () => new Promise<void>(() => {}), drain: () => {} }),
  });
  const socket = connect(portOf(stubborn), '127.0.0.1');
  await once(socket, 'connect');
  while (stubborn.connections === 0) await new Promise((resolve) => setImmediate(resolve));
  await stubborn.drain(10);
  assert.equal(stubborn.connections, 0);
  socket.destroy();
});

test('a port that is taken is named', async () => {
  const listener = await listening();
  const port = portOf(listener);
  await assert.rejects(listening({ port }), { code: 'EADDRINUSE', host: '127.0.0.1', port });
  await listener.drain(0);
});

test('a silent connection is told to its session', async () => {
  const idle = Promise.withResolvers<void>();
  const listener = await listening({
    open: (connection) => {
      connection.onIdle(60_000, () => assert.fail('the first time-out was replaced'));
      connection.onIdle(10, () => {
        connection.stream.destroy();
        idle.resolve();
      });
      return new Echo(connection);
    },
  });
  const socket = connect(portOf(listener), '127.0.0.1');
  await idle.promise;
  await once(socket.resume(), 'close');
  await listener.drain(1_000);
});
