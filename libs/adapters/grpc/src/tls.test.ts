import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { generate } from 'selfsigned';
import { TargetList } from './target-list.ts';
import { HOST, Scene, call, offerOf } from './testing/scene.ts';
import { readTlsFiles } from './tls.ts';
import type { GrpcTls } from './tls.ts';

const DNS_NAME = 2;
const NAME = 'resolver';

const scene = new Scene();
const folder = await mkdtemp(join(tmpdir(), 'staffetta-grpc-tls-'));
afterEach(() => scene.end());
after(() => rm(folder, { recursive: true }));

const ca = await authority('ours');
const ours = await pair('ours', ca, NAME);
const quick = offerOf(async () => 'quick');

async function authority(name: string): Promise<{ key: string; cert: string }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
  return { key, cert };
}

/** Files of a certificate for a name, signed by an authority, as the configuration names them. */
async function pair(
  name: string,
  issuer: { key: string; cert: string },
  host: string,
): Promise<GrpcTls> {
  const made = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: issuer,
    extensions: [
      { name: 'subjectAltName', altNames: [{ type: DNS_NAME, value: host }] },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    ],
  });
  const file = (end: string): string => join(folder, `${name}.${end}`);
  await writeFile(file('cert'), made.cert);
  await writeFile(file('key'), made.private);
  await writeFile(file('ca'), issuer.cert);
  const files = { certFile: file('cert'), keyFile: file('key'), caFile: file('ca') };
  const tls = await readTlsFiles(files);
  assert.ok(tls);
  return tls;
}

test('both ends show a certificate', async () => {
  const { port } = await scene.serve(quick, { tls: ours });
  const targets = new TargetList(NAME, [{ host: HOST, port }]);
  assert.equal(await call(scene.channel(targets, { tls: ours })), 'quick');
  const byHost = { host: HOST, port };
  assert.equal(await call(scene.channel(byHost, { tls: ours, serverName: NAME })), 'quick');
});

test('a stranger is not answered', async () => {
  const { port } = await scene.serve(quick, { tls: ours });
  const target = { host: HOST, port };
  const stranger = await pair('stranger', await authority('theirs'), NAME);
  const tls = { ...stranger, ca: ours.ca };
  await assert.rejects(call(scene.channel(target, { tls, serverName: NAME })), {
    status: 'UNAVAILABLE',
  });
  await assert.rejects(call(scene.channel(target)), { status: 'UNAVAILABLE' });
});

test('a server with another name, or signed by somebody else, is not asked', async () => {
  const { port } = await scene.serve(quick, { tls: ours });
  const target = { host: HOST, port };
  await assert.rejects(call(scene.channel(target, { tls: ours, serverName: 'another' })), {
    status: 'UNAVAILABLE',
  });
  const theirs = { ...ours, ca: Buffer.from((await authority('theirs')).cert) };
  await assert.rejects(call(scene.channel(target, { tls: theirs, serverName: NAME })), {
    status: 'UNAVAILABLE',
  });
});

test('files that cannot be used are named by their key', async () => {
  const other = await pair('other', ca, 'other');
  assert.ok(other);
  const file = (name: string): string => join(folder, name);
  const files = { certFile: file('ours.cert'), keyFile: file('other.key') };
  await assert.rejects(readTlsFiles(files), { configKey: 'grpc.tls.keyFile' });
  await assert.rejects(readTlsFiles({ ...files, certFile: file('absent') }), {
    configKey: 'grpc.tls.certFile',
  });
  const bad = { ...files, keyFile: file('ours.key'), caFile: file('ours.key') };
  await assert.rejects(readTlsFiles(bad), { configKey: 'grpc.tls.caFile' });
  assert.equal(await readTlsFiles({}), undefined);
});
