import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@staffetta/core';
import type {
  ClusterView,
  DeliveryWorkers,
  EventsView,
  Instance,
  MailFigures,
  ReadyQueue,
  WorkerAnswer,
} from '@staffetta/core';
import { LiveFeed } from './live-feed.ts';
import type { LiveSnapshot } from './live-feed.ts';

const RATES = { accepted: 1, delivered: 2, deferred: 3, bounced: 4 };
const INSTANCE = {
  id: 'x',
  host: 'here',
  pid: 7,
  services: ['delivery'],
  alive: true,
  ready: true,
};

/** A feed on sources that say what they are told to. */
class Scene {
  databaseAway = false;
  answers: readonly WorkerAnswer<ReadyQueue>[] = [];
  readonly watching = new Set<(figures: MailFigures) => void>();
  readonly feed = new LiveFeed({
    cluster: this.#cluster(),
    events: {
      watch: (onFigures) => {
        this.watching.add(onFigures);
        return () => this.watching.delete(onFigures);
      },
    } as Pick<EventsView, 'watch'> as EventsView,
    workers: { queues: async () => this.answers } as Pick<
      DeliveryWorkers,
      'queues'
    > as DeliveryWorkers,
    clock: systemClock,
  });

  tell(figures: MailFigures): void {
    for (const watcher of this.watching) watcher(figures);
  }

  /** The first snapshot that passes. */
  next(passes: (snapshot: LiveSnapshot) => boolean): Promise<LiveSnapshot> {
    return new Promise((resolve) => {
      const unwatch = this.feed.watch((snapshot) => {
        if (!passes(snapshot)) return;
        // The first may come within the call of watch itself.
        queueMicrotask(() => unwatch());
        resolve(snapshot);
      });
    });
  }

  #cluster(): ClusterView {
    const known = {
      queues: async () => {
        if (this.databaseAway) throw new Error('connection refused');
        return [{ site: 'a', scheduled: 1, ready: 9, lastReply: '' }];
      },
      instances: async () => [{ ...INSTANCE, report: {} } as Pick<Instance, 'id'> as Instance],
      lanes: async () => [],
    };
    return known as Pick<ClusterView, 'lanes'> as ClusterView;
  }
}

test('figures, queues and gaps come together; nobody is asked for nobody', async () => {
  const scene = new Scene();
  const first = scene.next(({ rates }) => rates !== undefined);
  const ledger = { balanced: true, difference: 0, at: 5 };
  scene.tell({ kind: 'figures', rates: RATES, ledger });
  const known = await first;
  assert.deepEqual([known.rates, known.ledger], [RATES, ledger]);
  assert.equal(known.queues[0]?.ready, 9);
  assert.equal(scene.watching.size, 0);

  scene.answers = [{ kind: 'away', worker: 'x', reason: 'gone' }];
  const second = scene.next(({ health }) => health.some(({ name }) => name === 'events'));
  scene.tell({ kind: 'away', reason: 'events does not answer' });
  const away = await second;
  // The last check stands, and its time says how old it is.
  assert.deepEqual([away.rates, away.ledger], [undefined, ledger]);
  assert.deepEqual(away.health.slice(-2), [
    { name: 'events', ok: false, detail: 'events does not answer' },
    { name: 'delivery on here (pid 7)', ok: false, detail: 'gone' },
  ]);
  await scene.feed.stop();
});

test('without the database nothing is known but that', async () => {
  const scene = new Scene();
  scene.databaseAway = true;
  const snapshot = await scene.next(() => true);
  assert.deepEqual(snapshot.health, [
    { name: 'database', ok: false, detail: 'connection refused' },
  ]);
  assert.equal(snapshot.rates, undefined);
  await scene.feed.stop();
});
