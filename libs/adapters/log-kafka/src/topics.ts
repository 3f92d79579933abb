import type { Partition, Topic } from '@staffetta/core';

/** A partition of Kafka. */
export interface KafkaPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Partitions of the events, by message. */
export const EVENT_LANES = 8;

/** Which topics there are, and of how many partitions. */
export interface TopicSettings {
  /** What all names begin with: `mail` by default. */
  readonly prefix: string;
  /** Lanes of each topic, fixed when the log is made. */
  readonly lanes: Readonly<Record<Topic, number>>;
}

/** The names of the topics: of each kind of mail, bulk apart, and of the events. */
export class Topics {
  readonly prefix: string;
  readonly lanes: Readonly<Record<Topic, number>>;
  /** What is told of messages. */
  readonly events: string;

  constructor({ prefix, lanes }: TopicSettings) {
    this.prefix = prefix;
    this.lanes = lanes;
    this.events = `${prefix}.events`;
  }

  /** The group under which pipes write their read positions. */
  get pipeGroup(): string {
    return `${this.prefix}.pipe`;
  }

  /** Every partition of mail. */
  partitions(): readonly Partition[] {
    return (Object.entries(this.lanes) as [Topic, number][]).flatMap(([topic, lanes]) =>
      this.namesOf(topic).flatMap((_, twin) =>
        Array.from({ length: lanes }, (__, lane) => ({ topic, lane, bulk: twin === 1 })),
      ),
    );
  }

  /** Every topic with its number of partitions. */
  all(): ReadonlyMap<string, number> {
    const all = new Map([[this.events, EVENT_LANES]]);
    for (const [topic, lanes] of Object.entries(this.lanes) as [Topic, number][]) {
      for (const name of this.namesOf(topic)) all.set(name, lanes);
    }
    return all;
  }

  /** The topic, and its bulk twin where it has one. */
  namesOf(topic: Topic): readonly string[] {
    const classes = topic === 'local' ? [false] : [false, true];
    return classes.map((bulk) => this.#nameOf(topic, bulk));
  }

  placeOf({ topic, lane, bulk }: Partition): KafkaPartition {
    return { topic: this.#nameOf(topic, bulk), partition: lane };
  }

  #nameOf(topic: Topic, bulk: boolean): string {
    return `${this.prefix}.${topic}${bulk && topic !== 'local' ? '.bulk' : ''}`;
  }
}

/** One text for a partition, for maps and names. */
export function nameOf({ topic, partition }: KafkaPartition): string {
  return `${topic}.${partition}`;
}
