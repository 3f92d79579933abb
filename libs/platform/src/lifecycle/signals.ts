/** A signal of the same name within this time is the same one, sent twice (a terminal and npm both pass it on). */
const SAME_SIGNAL_MS = 1_000;

/** What a signal asks for. */
export type SignalOrder = 'drain' | 'nothing' | 'force';

/** Tells the first signal, which drains, from its echo and from a later one, which forces the end. */
export class SignalJudge {
  readonly #lastAtMs = new Map<string, number>();

  judge(signal: string, nowMs: number): SignalOrder {
    const lastAtMs = this.#lastAtMs.get(signal);
    const first = this.#lastAtMs.size === 0;
    if (lastAtMs === undefined || nowMs - lastAtMs >= SAME_SIGNAL_MS) {
      this.#lastAtMs.set(signal, nowMs);
      return first ? 'drain' : 'force';
    }
    return 'nothing';
  }
}
