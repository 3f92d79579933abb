import type { TopicLag } from '@staffetta/core';

/** Growth is told over so long. */
const WINDOW_MS = 30_000;
/** A look from longer ago tells nothing of now. */
const LIFE_MS = 60_000;
/** Fewer records than this come and go. */
const RECORDS_MIN = 1_000;
/** Less than this factor is not growth. */
const GROWTH_MIN = 1.1;

interface Look {
  readonly atMs: number;
  readonly records: ReadonlyMap<string, number>;
}

/** The name of a topic's class, as in `outbound` and `outbound, bulk`. */
export function lagName({ topic, bulk }: Pick<TopicLag, 'topic' | 'bulk'>): string {
  return bulk ? `${topic}, bulk` : topic;
}

/** The last minute of lags, to tell whether one grows. */
export class LagHistory {
  #looks: readonly Look[] = [];

  push(atMs: number, lag: readonly TopicLag[]): void {
    const records = new Map(lag.map((one) => [lagName(one), one.records]));
    const recent = this.#looks.filter((look) => atMs - look.atMs <= LIFE_MS);
    this.#looks = [...recent, { atMs, records }];
  }

  /** Names of classes that have grown by a tenth or more in 30 s, to 1,000 records or more. */
  growing(): ReadonlySet<string> {
    const last = this.#looks.at(-1);
    const before = this.#looks.findLast(({ atMs }) => last && last.atMs - atMs >= WINDOW_MS);
    if (!last || !before) return new Set();
    const grown = [...last.records].filter(
      ([name, records]) =>
        records >= RECORDS_MIN && records > (before.records.get(name) ?? 0) * GROWTH_MIN,
    );
    return new Set(grown.map(([name]) => name));
  }
}
