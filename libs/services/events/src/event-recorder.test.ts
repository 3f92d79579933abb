import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newMessageId, systemClock } from '@staffetta/core';
import type { EventLog, EventStore, LaneLease, MailEvent } from '@staffetta/core';
import { MemoryLanes } from '@staffetta/log-memory';
import { EventRecorder } from './event-recorder.ts';

const LANES = 3;

/** A log of events in memory; its positions have gaps. */
class MemoryEventLog implements EventLog {
  readonly lanes = LANES;
  readonly #events = new Map<number, { position: number; event: MailEvent }[]>();
  readonly #watchers = new Set<(lane: number) => void>();

  append(lane: number, event: MailEvent): void {
    const list = this.#events.get(lane) ?? [];
    this.#events.set(lane, list);
    list.push({ position: (list.at(-1)?.position ?? 0) + 2, event });
    for (const watcher of this.#watchers) watcher(lane);
  }

  async read(lane: number, position: number): ReturnType<EventLog['read']> {
    const found = (this.#events.get(lane) ?? []).filter((one) => one.position >= position);
    const some = found.slice(0, 2);
    const nextPosition = (some.at(-1)?.position ?? position - 1) + 1;
    return { events: some.map(({ event }) => event), nextPosition };
  }

  watch(onAppended: (lane: number) => void): () => void {
    this.#watchers.add(onAppended);
    return () => void this.#watchers.delete(onAppended);
  }
}

/** Takes what is recorded under the latest lease, from where the lane is. */
class MemoryEventStore implements EventStore {
  readonly recorded: MailEvent[] = [];
  readonly #lanes: MemoryLanes;
  readonly #positions = new Map<number, number>();
  /** The next ones are written, and their replies lost. */
  failures = 0;

  constructor(lanes: MemoryLanes) {
    this.#lanes = lanes;
  }

  async record(
    lease: LaneLease<'events'>,
    from: number,
    read: { readonly events: readonly MailEvent[]; readonly position: number },
  ): ReturnType<EventStore['record']> {
    if (!this.#lanes.holds(lease)) return { kind: 'lost' };
    const position = this.#positions.get(lease.lane) ?? 1;
    if (position !== from) return { kind: 'moved', position };
    this.recorded.push(...read.events);
    this.#positions.set(lease.lane, read.position);
    this.#lanes.save(lease, positionOf(read.position), positionOf(1));
    if (this.failures-- > 0) throw new Error('the reply was lost');
    return { kind: 'ok' };
  }
}

function positionOf(position: number): { position: number; settled: Buffer } {
  return { position, settled: Buffer.alloc(0) };
}

function delivered(): MailEvent {
  const messageId = newMessageId();
  return { type: 'delivered', messageId, tenantId: 'default', recipient: 1, atMs: 1 };
}

async function until(isTrue: () => boolean): Promise<void> {
  const untilMs = Date.now() + 10_000;
  while (!isTrue()) {
    assert.ok(Date.now() < untilMs);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('every event is recorded once: over lost replies, by two processes that share and hand over', async () => {
  const lanes = new MemoryLanes({ events: LANES });
  const log = new MemoryEventLog();
  const store = new MemoryEventStore(lanes);
  const errors: unknown[] = [];
  const open = (owner: string): EventRecorder =>
    new EventRecorder({
      ...{ log, store, lanes, owner, clock: systemClock },
      onError: (error) => errors.push(error),
    });
  const told: MailEvent[] = [];
  const tell = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      const event = delivered();
      told.push(event);
      log.append(n % LANES, event);
    }
  };
  tell(9);
  store.failures = 2;
  const one = open('one');
  await one.start();
  tell(9);
  await until(() => store.recorded.length === told.length);
  assert.equal(errors.length, 2);
  const two = open('two');
  await two.start();
  tell(9);
  await one.stop();
  lanes.forget('one');
  tell(9);
  await until(() => store.recorded.length === told.length);
  await two.stop();
  const ids = (events: readonly MailEvent[]): readonly string[] =>
    events.map(({ messageId }) => messageId).sort();
  assert.deepEqual(ids(store.recorded), ids(told));
});
