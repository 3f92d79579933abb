/** The server counts messages over any window of this length, in milliseconds. */
const WINDOW_MS = 1_000;

/**
 * Holds a site to so many messages in any second as its server counts them, at whichever moment of a transaction it
 * does: a message counts from its start until a second after its end (see docs/decisions/0009).
 */
export class SiteRate {
  readonly #perSecond: number;
  #underWay = 0;
  /** When messages ended, in order, those of the last second from `#first` on. */
  #ends: number[] = [];
  #first = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** How many messages may be started now. */
  free(nowMs: number): number {
    return Math.max(this.#perSecond - this.recent(nowMs), 0);
  }

  /** Messages that count against the limit now. */
  recent(nowMs: number): number {
    while (this.#first < this.#ends.length && nowMs - this.#ends[this.#first]! > WINDOW_MS) {
      this.#first += 1;
    }
    if (this.#first * 2 > this.#ends.length) {
      this.#ends = this.#ends.slice(this.#first);
      this.#first = 0;
    }
    return this.#underWay + this.#ends.length - this.#first;
  }

  /** When the next one may be started if none ends until then; undefined while all that count are under way. */
  nextAtMs(nowMs: number): number | undefined {
    if (this.free(nowMs) > 0) return nowMs;
    const over = this.recent(nowMs) - this.#perSecond;
    const end = this.#ends[this.#first + over];
    return end === undefined ? undefined : end + WINDOW_MS + 1;
  }

  /** A message is started. */
  start(): void {
    this.#underWay += 1;
  }

  /** One that was started is over. */
  end(nowMs: number): void {
    this.#underWay -= 1;
    this.#ends.push(nowMs);
  }

  /** One that was started never reached the server. */
  giveBack(): void {
    this.#underWay -= 1;
  }

  /** So many messages of an earlier owner of the lane ended at this time, or before it. */
  endedElsewhere(count: number, atMs: number): void {
    if (count === 0) return;
    this.#ends.push(...Array.from({ length: count }, () => atMs));
    this.#ends = this.#ends.slice(this.#first).sort((one, other) => one - other);
    this.#first = 0;
  }
}
