import type { Recipient, TakenLane } from '@staffetta/core';
import { bodyOf, sampleEnvelope } from '@staffetta/testing';
import type { Entry } from '../entry.ts';
import { OwnedLane } from '../owned-lane.ts';

const NOTHING = { position: 1, settled: Buffer.alloc(0) };

/** A lane taken for the first time. */
export function takenLane(change: Partial<TakenLane> = {}): TakenLane {
  const base = { topic: 'outbound', lane: 3, epoch: 1, owner: 'one', clean: true } as const;
  const usage = { messages: {}, connections: {} };
  return { ...base, usage, normal: NOTHING, bulk: NOTHING, ...change };
}

/** Recipients with numbers from 1. */
export function recipientsOf(count: number, change: Partial<Recipient> = {}): Recipient[] {
  return Array.from({ length: count }, (_, n) => ({
    number: n + 1,
    address: `r${n + 1}@b.example`,
    orcpt: '',
    notify: '',
    attempts: 0,
    accountId: '',
    ...change,
  }));
}

/** A message in memory, with a name to tell it by. */
export function entryOf(name: string, change: { bulk?: boolean; priority?: number } = {}): Entry {
  return {
    lane: new OwnedLane(takenLane(), 0),
    source: { kind: 'row', id: 1 },
    envelope: sampleEnvelope({ campaign: name, ...change }),
    body: bodyOf('x'),
    site: 'b.example',
    readAtMs: 0,
    memoryBytes: 1,
    restarts: 0,
    span: undefined,
    marked: false,
    settled: false,
  };
}
