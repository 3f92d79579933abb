import type { ReadyQueue, SiteQueue, WorkerAnswer } from '@staffetta/core';

/** What waits by site, with what the delivery workers say of it now; where one of them does not answer, its last report stands. */
export function withLive(
  queues: readonly SiteQueue[],
  answers: readonly WorkerAnswer<ReadyQueue>[],
): readonly SiteQueue[] {
  const live = sumBySite(answers);
  const isWhole = answers.length > 0 && answers.every(({ kind }) => kind === 'answer');
  return queues.map((queue) => {
    const now = live.get(queue.site) ?? (isWhole ? NOTHING : undefined);
    if (!now) return queue;
    const { ready, onWire, connections, lastReply, restUntilMs } = now;
    return {
      ...queue,
      ready: isWhole ? ready : Math.max(ready, queue.ready),
      onWire,
      connections,
      lastReply: queue.lastReply || lastReply,
      ...(restUntilMs === undefined ? {} : { restUntilMs }),
    };
  });
}

type Live = Omit<ReadyQueue, 'site'>;

const NOTHING: Live = {
  ready: 0,
  onWire: 0,
  connections: 0,
  lastReply: '',
  restUntilMs: undefined,
};

/** A site is at one worker but for moments: while its lane changes hands, or its set of hosts. */
function sumBySite(answers: readonly WorkerAnswer<ReadyQueue>[]): ReadonlyMap<string, Live> {
  const sums = new Map<string, Live>();
  for (const answer of answers) {
    if (answer.kind === 'away') continue;
    for (const { site, ...queue } of answer.values) {
      sums.set(site, sum(sums.get(site) ?? NOTHING, queue));
    }
  }
  return sums;
}

function sum(a: Live, b: Live): Live {
  const rests = [a.restUntilMs, b.restUntilMs].filter((time) => time !== undefined);
  return {
    ready: a.ready + b.ready,
    onWire: a.onWire + b.onWire,
    connections: a.connections + b.connections,
    lastReply: a.lastReply || b.lastReply,
    restUntilMs: rests.length > 0 ? Math.max(...rests) : undefined,
  };
}
