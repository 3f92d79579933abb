import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Body, Log } from '@staffetta/core';
import {
  acceptedLeases,
  byReference,
  pipeLane,
  randomBody,
  readTopic,
  sampleRecord,
} from './log-samples.ts';
import type { LogCheck } from './log-samples.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const SIZES = [0, 1, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 4 * MIB, 4 * MIB + 1];
const CHUNK_BYTES_MAX = MIB;

async function streamed(log: Log, body: Body): Promise<{ size: number; hash: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of log.bodyChunks(body)) {
    assert.ok(chunk.length <= CHUNK_BYTES_MAX, `a piece of ${chunk.length} octets`);
    size += chunk.length;
    hash.update(chunk);
  }
  return { size, hash: hash.digest('hex') };
}

function hashOf(bytes: Buffer | undefined): string {
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
}

/** Contents are the octets that went in, written once. */
export function bodyChecks(check: LogCheck): void {
  check('contents of every size, octet for octet', async ({ log, other, outboundLanes }) => {
    const records = SIZES.map((size) => sampleRecord(`of ${size}`, { body: randomBody(size) }));
    await log.append(records, []);
    for (const reader of [log, other]) {
      const all = await readTopic(reader, 'outbound', outboundLanes);
      assert.equal(all.length, SIZES.length);
      for (const { body } of records) {
        const stored = all.find((one) => one.body.sizeBytes === body.sizeBytes)!.body;
        assert.equal(hashOf(await reader.readBody(byReference(stored))), hashOf(body.bytes));
        const { size, hash } = await streamed(reader, stored);
        assert.deepEqual([size, hash], [body.sizeBytes, hashOf(body.bytes)]);
      }
    }
  });

  check('a content of 20 MB in pieces', async ({ log, other, outboundLanes }) => {
    const body = randomBody(20_000_000);
    await log.append([sampleRecord('large', { body })], []);
    const [stored] = await readTopic(other, 'outbound', outboundLanes);
    const { size, hash } = await streamed(other, byReference(stored!.body));
    assert.deepEqual([size, hash], [body.sizeBytes, hashOf(body.bytes)]);
  });

  check('one content of many records', async ({ log, other, outboundLanes }) => {
    const body = randomBody(10_000);
    await log.append(
      Array.from({ length: 30 }, (_, n) => sampleRecord(`k ${n}`, { body })),
      [],
    );
    const all = await readTopic(other, 'outbound', outboundLanes);
    assert.equal(new Set(all.map((one) => one.body.ref)).size, 1);
    for (const one of all) assert.deepEqual(await other.readBody(one.body), body.bytes);
  });

  check('a content stays for later records when the first is trimmed', async (made) => {
    const { log, other, lanes, outboundLanes } = made;
    const bodies = [randomBody(1_000), randomBody(300 * KIB), randomBody(5 * MIB)];
    const records = bodies.map((body, n) => sampleRecord(`k ${n}`, { topic: 'accepted', body }));
    await log.append(records, []);
    for (const lease of await acceptedLeases(lanes)) {
      const passed = await pipeLane(log, lease);
      log.trim({ topic: 'accepted', lane: lease.lane, bulk: false }, passed + 1);
    }
    await made.removeTrimmed();
    const all = await readTopic(other, 'outbound', outboundLanes);
    assert.equal(all.length, bodies.length);
    for (const { key, body } of all) {
      const before = records.find((record) => record.key === key)!.body;
      assert.equal(hashOf(await other.readBody(byReference(body))), hashOf(before.bytes));
    }
  });
}
