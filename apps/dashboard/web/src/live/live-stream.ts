import type { LiveSnapshot } from '../api/documents.ts';
import { SampleRing } from './sample-ring.ts';
import type { Sample } from './sample-ring.ts';

/** Samples kept: a little more than the chart's five minutes. */
const SAMPLES_MAX = 320;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 15_000;
/** The server rests longer where its queues are large, but never for so long. */
const SILENCE_MAX_MS = 30_000;

/** `connecting` before the first figures, then `live` or `lost`. */
export type LivePhase = 'connecting' | 'live' | 'lost';

/** All that is known from the stream; a new object whenever something changed. */
export interface LiveState {
  readonly phase: LivePhase;
  readonly snapshot: LiveSnapshot | undefined;
  readonly samples: readonly Sample[];
}

/** The part of EventSource that is used. */
export interface Source extends EventTarget {
  readonly readyState: number;
  close(): void;
}

const CLOSED = 2;

/** The live figures: connects, keeps the last minutes, and connects again when the stream breaks. */
export class LiveStream {
  readonly #open: () => Source;
  readonly #onRefused: () => void;
  readonly #ring = new SampleRing(SAMPLES_MAX);
  readonly #listeners = new Set<() => void>();
  #state: LiveState = { phase: 'connecting', snapshot: undefined, samples: [] };
  #source: Source | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  /** `onRefused` is told when the server answered with something else than a stream: the session may be over. */
  constructor(open: () => Source, onRefused: () => void) {
    this.#open = open;
    this.#onRefused = onRefused;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Calls back on each change until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  start(): void {
    if (!this.#source && this.#retry === undefined) this.#connect();
  }

  stop(): void {
    this.#close();
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #connect(): void {
    this.#retry = undefined;
    const source = this.#open();
    this.#source = source;
    source.addEventListener('message', (event) => {
      const { data } = event as MessageEvent<string>;
      this.#take(JSON.parse(data) as LiveSnapshot);
    });
    source.addEventListener('error', () => this.#fail(source));
    this.#listen();
  }

  #take(snapshot: LiveSnapshot): void {
    this.#failures = 0;
    this.#listen();
    if (!this.#isFirst(snapshot)) {
      this.#ring.push({ atMs: snapshot.at, rates: snapshot.rates });
    }
    this.#set({ phase: 'live', snapshot, samples: this.#ring.toArray() });
  }

  /** A rate needs two looks: the first figures of a stream may be zeros that mean nothing yet. */
  #isFirst({ rates }: LiveSnapshot): boolean {
    const isFirst = this.#state.phase !== 'live';
    return isFirst && Object.values(rates ?? {}).every((rate) => rate === 0);
  }

  /** The browser connects again by itself after a cut, but not after an answer that is no stream. */
  #fail(source: Source): void {
    const refused = source.readyState === CLOSED;
    this.#set({ ...this.#state, phase: this.#state.snapshot ? 'lost' : 'connecting' });
    if (!refused) return;
    this.#onRefused();
    this.#again();
  }

  #again(): void {
    this.#close();
    const waitMs = Math.min(RETRY_MIN_MS * 2 ** this.#failures, RETRY_MAX_MS);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#connect(), waitMs);
  }

  /** A stream that says nothing for long is as good as cut. */
  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#set({ ...this.#state, phase: this.#state.snapshot ? 'lost' : 'connecting' });
      this.#again();
    }, SILENCE_MAX_MS);
  }

  #close(): void {
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = undefined;
  }

  #set(state: LiveState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
