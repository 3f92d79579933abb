import type { Topic } from '@staffetta/core';
import type { Metrics } from '@staffetta/platform';

/** Tells how many lanes of a topic this process holds. */
export function lanesGauge(metrics: Metrics, topic: Topic, held: () => number): void {
  metrics.gauge({
    name: 'staffetta_lanes_held',
    help: 'Lanes that this process holds, by topic.',
    labels: ['topic'],
    collect: (gauge) => gauge.set({ topic }, held()),
  });
}
