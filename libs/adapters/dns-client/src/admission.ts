/** Something that waits for its turn. */
export interface Admitted {
  start(): void;
}

export interface AdmissionLimits {
  /** Questions under way at once. */
  readonly inFlightMax: number;
  /** Of those, asked less than 20 ms ago: more would overflow the server's socket buffer, and be lost. */
  readonly burstMax: number;
  /** Questions that wait for a turn. */
  readonly waitingMax: number;
}

const FRESH_MS = 20;

/** Lets questions start in order, as many as the limits allow. */
export class Admission<T extends Admitted> {
  readonly #limits: AdmissionLimits;
  readonly #waiting = new Set<T>();
  /** Under way; the timer of those that are fresh. */
  readonly #started = new Map<T, NodeJS.Timeout | undefined>();
  #fresh = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get inFlight(): number {
    return this.#started.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Starts it now or in its turn; `full` where too many wait. */
  enter(entrant: T): 'started' | 'waits' | 'full' {
    if (this.#waiting.size === 0 && this.#hasRoom()) {
      this.#start(entrant);
      return 'started';
    }
    if (this.#waiting.size >= this.#limits.waitingMax) return 'full';
    this.#waiting.add(entrant);
    return 'waits';
  }

  /** It is over, or no longer waits. */
  leave(entrant: T): void {
    if (this.#waiting.delete(entrant) || !this.#started.has(entrant)) return;
    const timer = this.#started.get(entrant);
    this.#started.delete(entrant);
    if (timer) {
      clearTimeout(timer);
      this.#fresh--;
    }
    this.#startWaiting();
  }

  #hasRoom(): boolean {
    const { inFlightMax, burstMax } = this.#limits;
    return this.#started.size < inFlightMax && this.#fresh < burstMax;
  }

  #start(entrant: T): void {
    this.#fresh++;
    const timer = setTimeout(() => {
      this.#started.set(entrant, undefined);
      this.#fresh--;
      this.#startWaiting();
    }, FRESH_MS);
    this.#started.set(entrant, timer);
    entrant.start();
  }

  #startWaiting(): void {
    while (this.#hasRoom()) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      this.#waiting.delete(first);
      this.#start(first);
    }
  }
}
