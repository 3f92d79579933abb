const SPARE = 64;

/** The UIDs a session knows, by message sequence number: one sorted typed array, four octets a message. */
export class SequenceNumbers {
  #uids: Uint32Array;
  #count: number;

  /** UIDs ascending; the array is taken over. */
  constructor(uids: Uint32Array) {
    this.#uids = uids;
    this.#count = uids.length;
  }

  get count(): number {
    return this.#count;
  }

  /** The greatest UID; 0 where there is none. */
  get lastUid(): number {
    return this.#uids[this.#count - 1] ?? 0;
  }

  /** The UID of a number from 1 to `count`. */
  uidOf(number: number): number {
    const uid = number > this.#count ? undefined : this.#uids[number - 1];
    if (uid === undefined) throw new RangeError(`no message ${number}`);
    return uid;
  }

  /** The number of a UID; undefined where the session does not know it. */
  numberOf(uid: number): number | undefined {
    const number = this.firstNumberFrom(uid);
    return number <= this.#count && this.#uids[number - 1] === uid ? number : undefined;
  }

  /** The number of the first message with this UID or a greater one; `count` + 1 where there is none. */
  firstNumberFrom(uid: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#uids[middle] ?? 0) < uid) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }

  /** Adds UIDs that are greater than all others, ascending. */
  append(uids: readonly number[]): void {
    if (this.#count + uids.length > this.#uids.length) {
      const larger = new Uint32Array(this.#count + uids.length + SPARE);
      larger.set(this.#uids.subarray(0, this.#count));
      this.#uids = larger;
    }
    this.#uids.set(uids, this.#count);
    this.#count += uids.length;
  }

  /** Removes UIDs (ascending); returns the numbers they had, greatest first, as EXPUNGE must tell them. */
  remove(uids: readonly number[]): number[] {
    const numbers = uids
      .map((uid) => this.numberOf(uid))
      .filter((number) => number !== undefined)
      .reverse();
    const removed = new Set(numbers);
    let kept = 0;
    for (let number = 1; number <= this.#count; number++) {
      if (!removed.has(number)) this.#uids[kept++] = this.#uids[number - 1] ?? 0;
    }
    this.#count = kept;
    return numbers;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let i = 0; i < this.#count; i++) yield this.#uids[i] ?? 0;
  }
}
