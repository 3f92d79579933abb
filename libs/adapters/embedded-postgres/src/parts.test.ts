import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { boundLog } from './log-bound.ts';
import { judgeReply } from './probe.ts';
import { formatSettings } from './settings.ts';
import { socketDirOf, socketIn } from './socket-dir.ts';

const MIB = 1024 * 1024;

test('a small disk gets a small write-ahead log, a large one four gigabytes', () => {
  const settingsOf = (diskBytes: number) =>
    formatSettings("/it's", { diskBytes, memoryBytes: 8 * 1024 * MIB });
  assert.match(settingsOf(200 * MIB), /^max_wal_size = 64MB$/m);
  assert.match(settingsOf(1e12), /^max_wal_size = 4096MB$/m);
  assert.match(settingsOf(1e12), /^shared_buffers = 256MB$/m);
  assert.match(settingsOf(1e12), /^unix_socket_directories = '\/it''s'$/m);
  assert.match(settingsOf(1e12), /^fsync = on$/m);
});

test('a server that asks for a password serves; one that starts does not yet', () => {
  const error = (code: string) => {
    const fields = Buffer.from(`SFATAL\0C${code}\0Mno\0\0`);
    const head = Buffer.from('E\0\0\0\0');
    head.writeUInt32BE(fields.length + 4, 1);
    return Buffer.concat([head, fields]);
  };
  assert.equal(judgeReply(Buffer.from('R\0\0\0\x17')), 'serving');
  assert.equal(judgeReply(error('57P03')), 'not yet');
  assert.equal(judgeReply(error('53300')), 'serving');
  assert.equal(judgeReply(error('57P03').subarray(0, 9)), undefined);
  assert.equal(judgeReply(Buffer.alloc(0)), undefined);
  assert.equal(judgeReply(Buffer.from('HTTP/1.1 400')), 'not yet');
});

test("the socket's path fits the system's limit, however deep the data folder lies", () => {
  assert.equal(socketDirOf('/data/postgres', false), '/data/postgres/socket');
  const deep = `/data/${'é'.repeat(60)}/postgres`;
  assert.ok(Buffer.byteLength(socketIn(socketDirOf(deep, false))) <= 103);
  assert.notEqual(socketDirOf(deep, false), socketDirOf(`${deep}2`, false));
});

test("PostgreSQL's log is cut when it is too long, and its last part kept aside", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'staffetta-pg-log-'));
  const file = join(folder, 'postgres.log');
  await writeFile(file, 'x'.repeat(11));
  await boundLog(file, 11);
  assert.equal((await stat(file)).size, 11);
  await boundLog(file, 10);
  assert.equal((await stat(file)).size, 0);
  assert.equal(await readFile(`${file}.1`, 'utf8'), 'x'.repeat(11));
  await rm(folder, { recursive: true });
});
