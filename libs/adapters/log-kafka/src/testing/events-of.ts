import type { MailEvent } from '@staffetta/core';
import type { KafkaLog } from '../kafka-log.ts';

/** Everything that was told. */
export async function eventsOf(log: KafkaLog): Promise<readonly MailEvent[]> {
  const all: MailEvent[] = [];
  for (let lane = 0; lane < log.events.lanes; lane += 1) {
    for (let position = 1; ;) {
      const { events, nextPosition } = await log.events.read(lane, position);
      if (nextPosition === position) break;
      all.push(...events);
      position = nextPosition;
    }
  }
  return all;
}
