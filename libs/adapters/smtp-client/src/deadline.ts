/**
 * A time-out that is moved for every reply and hardly ever fires: moving it later costs no timer. The timer that is
 * armed looks, when it fires, whether the time has come, and waits for the rest if not.
 */
export class Deadline {
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = 0;
  #dueAtMs = Infinity;

  constructor(expired: () => void) {
    this.#expired = expired;
  }

  set(timeoutMs: number): void {
    const nowMs = performance.now();
    this.#dueAtMs = nowMs + timeoutMs;
    if (this.#timer === undefined || this.#dueAtMs < this.#timerAtMs) this.#arm(nowMs);
  }

  /** Nothing is due until the next `set`. */
  clear(): void {
    this.#dueAtMs = Infinity;
  }

  /** Lets the timer go too. */
  stop(): void {
    this.#dueAtMs = Infinity;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(nowMs: number): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = this.#dueAtMs;
    // A millisecond more: timers may fire early by a fraction of one.
    this.#timer = setTimeout(() => this.#fired(), Math.max(0, this.#dueAtMs - nowMs) + 1);
  }

  #fired(): void {
    this.#timer = undefined;
    if (this.#dueAtMs === Infinity) return;
    const nowMs = performance.now();
    if (nowMs < this.#dueAtMs) return this.#arm(nowMs);
    this.#dueAtMs = Infinity;
    this.#expired();
  }
}
