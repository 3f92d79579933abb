import { randomBytes } from 'node:crypto';
import { ENVELOPE_FORMAT_VERSION, newMessageId } from '@staffetta/core';
import type {
  AcceptedEvent,
  Body,
  Envelope,
  LaneLease,
  Lanes,
  Log,
  LogRecord,
  Partition,
  PipeResult,
  StoredRecord,
  Topic,
} from '@staffetta/core';

/** A log made for one check: empty, with two instances of its adapter. */
export interface MadeLog {
  readonly log: Log;
  /** Stands for a second process on the same log. */
  readonly other: Log;
  /** Whose leases `pipe` is asked for. */
  readonly lanes: Lanes;
  /** Lanes of `outbound`. */
  readonly outboundLanes: number;
  /** Removes what was trimmed by then. */
  removeTrimmed(): Promise<void>;
  /** Cuts the connections of `log`, so that what is being written is done and its reply lost; absent without any. */
  readonly cut?: () => Promise<void>;
  /** Nothing of `log` is answered until the function that it returns is called. */
  readonly hold: () => () => void;
  stop(): Promise<void>;
}

/** One check of the contract. */
export type LogCheck = (title: string, body: (made: MadeLog) => Promise<void>) => void;

export const LIMITS = { recordsMax: 1_000, bytesMax: 64 * 1024 * 1024 } as const;

/** An envelope with one recipient. */
export function sampleEnvelope(change: Partial<Envelope> = {}): Envelope {
  const messageId = newMessageId();
  return {
    formatVersion: ENVELOPE_FORMAT_VERSION,
    messageId,
    tenantId: 'default',
    reversePath: 'sender@a.example',
    recipients: [
      { number: 1, address: 'one@b.example', orcpt: '', notify: '', attempts: 0, accountId: '' },
    ],
    acceptedAtMs: Date.now(),
    expiresAtMs: Date.now() + 3_600_000,
    notBeforeMs: 0,
    bulk: false,
    priority: 1,
    campaign: '',
    tags: [],
    egressPool: '',
    injection: {
      listener: 'mx',
      peer: '192.0.2.1',
      helo: 'a.example',
      credential: '',
      protocol: 'ESMTP',
    },
    ret: '',
    envid: '',
    requireTls: false,
    smtputf8: false,
    is8bit: false,
    sizeBytes: 0,
    route: undefined,
    ...change,
  };
}

/** A content in memory. */
export function bodyOf(bytes: Buffer | string): Body {
  const octets = Buffer.from(bytes);
  return { sizeBytes: octets.length, bytes: octets, ref: undefined };
}

/** Octets of every value, no two contents the same. */
export function randomBody(sizeBytes: number): Body {
  return bodyOf(randomBytes(sizeBytes));
}

/** The content as one who has only read of it knows it. */
export function byReference(body: Body): Body {
  return { ...body, bytes: undefined };
}

/** A record of `outbound`, unless told else. */
export function sampleRecord(key: string, change: Partial<LogRecord> = {}): LogRecord {
  const body = change.body ?? bodyOf(`content of ${key}`);
  const envelope = sampleEnvelope({ sizeBytes: body.sizeBytes });
  return { topic: 'outbound', key, envelope, body, ...change };
}

/** What the trace begins with. */
export function acceptedEvent({ envelope }: LogRecord): AcceptedEvent {
  const { messageId, tenantId, acceptedAtMs } = envelope;
  return {
    type: 'accepted',
    messageId,
    tenantId,
    atMs: acceptedAtMs,
    envelope,
    subject: 'a subject',
  };
}

/** Where to read on after these records, the first of which is the first one from `from` on. */
export function nextPosition(records: readonly StoredRecord[], from = 1): number {
  return (records.at(-1)?.position ?? from - 1) + 1;
}

/** Everything from the position on. */
export async function readAll(
  log: Log,
  partition: Partition,
  from = 1,
): Promise<readonly StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (;;) {
    const some = await log.read(partition, nextPosition(all, from), LIMITS);
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** All records that are not bulk of a topic with so many lanes. */
export async function readTopic(
  log: Log,
  topic: Topic,
  lanes: number,
): Promise<readonly StoredRecord[]> {
  const parts = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => readAll(log, { topic, lane, bulk: false })),
  );
  return parts.flat();
}

/** All lanes of `accepted`. */
export async function acceptedLeases(lanes: Lanes): Promise<readonly LaneLease[]> {
  return (await lanes.tend('accepted', 'one', [])).taken;
}

/** Passes each record on to `outbound`, under the same key. */
export function passOn(records: readonly StoredRecord[]): Promise<PipeResult> {
  return Promise.resolve({
    records: records.map(({ key, envelope, body }) => ({ topic: 'outbound', key, envelope, body })),
    events: [],
  });
}

/** Pipes a lane until nothing is there. Returns how many records went through; again after errors where told so. */
export async function pipeLane(
  log: Log,
  lease: LaneLease,
  { recordsMax = 100, retry = false, transform = passOn } = {},
): Promise<number> {
  let done = 0;
  for (;;) {
    try {
      const count = await log.pipe(lease, false, recordsMax, transform);
      if (count === 'lost') throw new Error(`lane ${lease.lane} was lost`);
      if (count === 0) return done;
      done += count;
    } catch (error) {
      if (!retry) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
