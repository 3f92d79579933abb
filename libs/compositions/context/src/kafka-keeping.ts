import type { Topic } from '@staffetta/core';
import type { KafkaLog } from '@staffetta/log-kafka';
import { savedPositions } from '@staffetta/postgres';
import type {
  Database,
  KeptLog,
  ParkSlices,
  PostgresBlobStore,
  PostgresCauses,
} from '@staffetta/postgres';

const TRIM_EVERY_MS = 60_000;
const BLOBS_EVERY_MS = 3_600_000;

/** What it keeps small. */
export interface KafkaKeepingOptions {
  readonly database: Database;
  readonly log: KafkaLog;
  readonly parkSlices: ParkSlices;
  readonly blobs: PostgresBlobStore;
  readonly causes: PostgresCauses;
}

/** Removes from Kafka, and from what belongs to it in the database, what all readers have saved as done. */
export class KafkaKeeping implements KeptLog {
  readonly parkSlices: ParkSlices;
  readonly #options: KafkaKeepingOptions;
  #trimAtMs = 0;
  #blobsAtMs = 0;

  constructor(options: KafkaKeepingOptions) {
    this.#options = options;
    this.parkSlices = options.parkSlices;
  }

  async saveTrimmed(): Promise<void> {
    // Read positions are saved by those who move them.
  }

  async freeSettled(): Promise<void> {
    const { blobs, causes } = this.#options;
    const nowMs = Date.now();
    if (nowMs >= this.#trimAtMs) {
      this.#trimAtMs = nowMs + TRIM_EVERY_MS;
      await this.#trim();
      await causes.tend();
    }
    if (nowMs < this.#blobsAtMs) return;
    this.#blobsAtMs = nowMs + BLOBS_EVERY_MS;
    await blobs.tend(nowMs);
  }

  /** By what is saved, not by what this process has read: readers may be elsewhere, or dead. */
  async #trim(): Promise<void> {
    const { database, log } = this.#options;
    for (const [partition, position] of await log.counted.pipePositions()) {
      log.trim(partition, position);
    }
    for (const saved of await savedPositions(database, ['outbound', 'local', 'events'])) {
      const { topic, lane, bulk, position } = saved;
      if (topic === 'events') log.events.trim(lane, position);
      else log.trim({ topic: topic satisfies Topic, lane, bulk }, position);
    }
    await log.removeTrimmed();
  }
}
