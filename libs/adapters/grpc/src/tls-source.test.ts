import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { generate } from 'selfsigned';
import { TargetList } from './target-list.ts';
import { HOST, Scene, call, offerOf } from './testing/scene.ts';
import { TlsFiles } from './tls-files.ts';
import { TlsSource } from './tls-source.ts';

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

/** Writes files of a certificate for a name, signed by an authority, as the configuration names them. */
async function writePair(
  name: string,
  issuer: { key: string; cert: string },
  host: string,
): Promise<{ readonly certFile: string; readonly keyFile: string; readonly caFile: string }> {
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
  return { certFile: file('cert'), keyFile: file('key'), caFile: file('ca') };
}

async function pair(...made: Parameters<typeof writePair>): Promise<TlsSource> {
  const files = await TlsFiles.read(await writePair(...made));
  assert.ok(files);
  return files.source;
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
  const tls = new TlsSource({ ...stranger.current, ca: ours.current.ca });
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
  const other = Buffer.from((await authority('theirs')).cert);
  const theirs = new TlsSource({ ...ours.current, ca: other });
  await assert.rejects(call(scene.channel(target, { tls: theirs, serverName: NAME })), {
    status: 'UNAVAILABLE',
  });
});

test('without an authority nobody has to show a certificate', async () => {
  const alone = new TlsSource({ ...ours.current, ca: undefined });
  const { port } = await scene.serve(quick, { tls: alone });
  const stranger = await pair('unknown', await authority('unknown'), NAME);
  const tls = new TlsSource({ ...stranger.current, ca: ours.current.ca });
  const target = { host: HOST, port };
  assert.equal(await call(scene.channel(target, { tls, serverName: NAME })), 'quick');
  // And a server signed by an authority that Node does not know is not asked.
  await assert.rejects(call(scene.channel(target, { tls: alone, serverName: NAME })), {
    status: 'UNAVAILABLE',
  });
});

test('files that change are in use for new connections, at both ends', async () => {
  const files = await TlsFiles.read(await writePair('renewed', ca, NAME));
  assert.ok(files);
  const { port } = await scene.serve(quick, { tls: files.source });
  const target = { host: HOST, port };
  const old = { tls: new TlsSource(files.source.current), serverName: NAME };
  assert.equal(await call(scene.channel(target, old)), 'quick');
  assert.equal(await files.look(), false);

  // Another authority: who still has the old one is not answered any more.
  const next = await authority('next');
  const names = await writePair('renewed', next, NAME);
  assert.equal(await files.look(), true);
  const withNew = { tls: files.source, serverName: NAME };
  assert.equal(await call(scene.channel(target, withNew)), 'quick');
  const oldAgain = { tls: new TlsSource(old.tls.current), serverName: NAME };
  await assert.rejects(call(scene.channel(target, oldAgain)), { status: 'UNAVAILABLE' });

  // What cannot be used is told once, and changes nothing.
  await writeFile(names.keyFile, 'no key');
  await assert.rejects(files.look(), { configKey: 'grpc.tls.keyFile' });
  assert.equal(await files.look(), false);
  const still = { tls: new TlsSource(files.source.current), serverName: NAME };
  assert.equal(await call(scene.channel(target, still)), 'quick');
});

test('files that cannot be used are named by their key', async () => {
  await pair('other', ca, 'other');
  const file = (name: string): string => join(folder, name);
  const files = { certFile: file('ours.cert'), keyFile: file('other.key') };
  await assert.rejects(TlsFiles.read(files), { configKey: 'grpc.tls.keyFile' });
  await assert.rejects(TlsFiles.read({ ...files, certFile: file('absent') }), {
    configKey: 'grpc.tls.certFile',
  });
  const bad = { ...files, keyFile: file('ours.key'), caFile: file('ours.key') };
  await assert.rejects(TlsFiles.read(bad), { configKey: 'grpc.tls.caFile' });
  assert.equal(await TlsFiles.read({}), undefined);
});
