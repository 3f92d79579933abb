/** Mail as it comes in a day, in waves: its rate rises and falls with a burst now and then. */
import { TrackedLoad } from './load.ts';
import type { LoadOptions } from './load.ts';

const PIECE_SECONDS = 2;
const MEAN_PER_SECOND = 60;
const SWING_PER_SECOND = 30;
const PIECES_A_WAVE = 24;
const BURST_EVERY_PIECES = 17;
const BURST_PER_SECOND = 60;

export class WaveLoad {
  /** Messages that got a `250`. */
  accepted = 0;
  readonly #done: Promise<void>;
  #piece: TrackedLoad | undefined;
  #sent = 0;
  #stopping = false;

  constructor(options: Omit<LoadOptions, 'perSecond' | 'messagesMax' | 'name'>) {
    this.#done = this.#run(options);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#piece?.stop();
    await this.#done;
  }

  async #run(options: Omit<LoadOptions, 'perSecond' | 'messagesMax' | 'name'>): Promise<void> {
    for (let number = 0; !this.#stopping; number += 1) {
      const perSecond = rateOf(number);
      const first = this.#sent;
      const messagesMax = perSecond * PIECE_SECONDS;
      this.#piece = new TrackedLoad({
        ...options,
        to: (index) => options.to(first + index),
        perSecond,
        messagesMax,
        name: `wave-${number}`,
      });
      await this.#piece.finished();
      this.#sent += messagesMax;
      this.accepted += this.#piece.accepted.size;
    }
  }
}

function rateOf(piece: number): number {
  const swing = SWING_PER_SECOND * Math.sin((piece / PIECES_A_WAVE) * 2 * Math.PI);
  const burst = piece % BURST_EVERY_PIECES === BURST_EVERY_PIECES - 1 ? BURST_PER_SECOND : 0;
  return Math.round(MEAN_PER_SECOND + swing + burst);
}
