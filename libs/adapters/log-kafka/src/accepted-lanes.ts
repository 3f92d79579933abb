/** Accepted mail goes to one lane for so long, in milliseconds, or for so many appends. */
const TURN_MS = 250;
const TURN_APPENDS_MAX = 200;

/**
 * Chooses the lane of what was just accepted, which needs no order. All processes choose the same at a time, by their
 * clocks, as long as there is little: a pipe of many messages costs hardly more than one of few. With much in a turn
 * lane follows lane, so that many routers have work.
 */
export class AcceptedLanes {
  readonly #lanes: number;
  #turn = 0;
  #appends = 0;

  constructor(lanes: number) {
    this.#lanes = lanes;
  }

  /** The lane for so many appends. */
  next(appends: number): number {
    const turn = Math.floor(Date.now() / TURN_MS);
    if (turn !== this.#turn) [this.#turn, this.#appends] = [turn, 0];
    const lane = (turn + Math.floor(this.#appends / TURN_APPENDS_MAX)) % this.#lanes;
    this.#appends += appends;
    return lane;
  }
}
