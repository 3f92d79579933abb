import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { loadOrCreateCertificate } from './certificate.ts';
import { CertificateError } from './pem-files.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'staffetta-certificates-'));
});
after(() => rm(folder, { recursive: true }));

test('a self-signed one is made once, for the host name and loopback, its key for its owner alone', async () => {
  const source = { dataDir: join(folder, 'once'), hostname: 'mail.example.org' };
  const made = await loadOrCreateCertificate(source);
  assert.equal(made.selfSigned, true);
  assert.equal((await stat(join(dirname(made.path), 'key.pem'))).mode & 0o777, 0o600);
  const leaf = new X509Certificate(made.cert);
  assert.ok(leaf.checkHost('mail.example.org'));
  assert.ok(leaf.checkHost('localhost'));
  assert.ok(leaf.checkIP('127.0.0.1'));
  assert.ok(leaf.checkIP('::1'));
  assert.deepEqual(await loadOrCreateCertificate(source), made);
});

test('it serves TLS, and a client that trusts it is content', async () => {
  const { cert, key } = await loadOrCreateCertificate({
    dataDir: join(folder, 'serves'),
    hostname: 'mail.example.org',
  });
  const server = createServer({ cert, key }, (socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', ca: cert, servername: 'mail.example.org' });
  await once(client, 'secureConnect');
  assert.equal(client.authorized, true);
  client.destroy();
  server.close();
});

test('another host name makes another one, and so does a broken file', async () => {
  const dataDir = join(folder, 'again');
  const first = await loadOrCreateCertificate({ dataDir, hostname: 'a.example' });
  const second = await loadOrCreateCertificate({ dataDir, hostname: 'b.example' });
  assert.notEqual(second.cert, first.cert);
  await writeFile(second.path, 'half a certif');
  const third = await loadOrCreateCertificate({ dataDir, hostname: 'b.example' });
  assert.ok(new X509Certificate(third.cert).checkHost('b.example'));
});

test('a configured one is read, and what is wrong with it is named by its key', async () => {
  const a = await loadOrCreateCertificate({ dataDir: join(folder, 'a') });
  const b = await loadOrCreateCertificate({ dataDir: join(folder, 'b') });
  const keyOf = ({ path }: { path: string }) => join(dirname(path), 'key.pem');
  const configured = await loadOrCreateCertificate({
    certFile: a.path,
    keyFile: keyOf(a),
    dataDir: folder,
  });
  assert.deepEqual([configured.cert, configured.key, configured.path], [a.cert, a.key, a.path]);
  const refused = (certFile: string, keyFile: string, message: RegExp) =>
    assert.rejects(loadOrCreateCertificate({ certFile, keyFile, dataDir: folder }), (error) => {
      assert.ok(error instanceof CertificateError);
      assert.match(error.message, message);
      return true;
    });
  await refused(a.path, keyOf(b), /^tls\.keyFile: .* is not the key of/);
  await refused(join(folder, 'missing'), keyOf(a), /^tls\.certFile: ENOENT/);
  await refused(keyOf(a), keyOf(a), /^tls\.certFile: .* is not PEM/);
});
