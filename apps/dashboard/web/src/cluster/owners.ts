/** Colours there are; with more owners they come again, the letters do not. */
const COLOURS = 8;
const LETTERS = 26;

/** How an owner of lanes is marked on the page. */
export interface OwnerMark {
  /** `A` to `Z`, then `A2` and so on. */
  readonly letter: string;
  /** 0 to 7. */
  readonly colour: number;
}

/** Marks of owners: each keeps its own for as long as the page is open, whoever comes and goes. */
export class OwnerMarks {
  readonly #order = new Map<string, number>();

  /** The mark of a process; the next free one where it has none yet. */
  of(id: string): OwnerMark {
    const number = this.#order.get(id) ?? this.#order.size;
    this.#order.set(id, number);
    const round = Math.floor(number / LETTERS);
    const letter = String.fromCharCode('A'.charCodeAt(0) + (number % LETTERS));
    return { letter: round === 0 ? letter : `${letter}${round + 1}`, colour: number % COLOURS };
  }

  /** Whether the process was given one. */
  has(id: string): boolean {
    return this.#order.has(id);
  }
}
