import type { LocalCopy, LocalDeliveryStore, MailEvent } from '@staffetta/core';

/** Copies of one transaction; a message with more of them still goes in one. */
const COPIES_MAX = 100;
const BYTES_MAX = 8 * 1_048_576;

/** A message of one LMTP transaction. */
export interface Arrival {
  readonly copies: readonly LocalCopy[];
  readonly events: readonly MailEvent[];
}

/** It is stored, or nothing of it: some accounts are gone. */
export type ArrivalSettled =
  { readonly kind: 'ok' } | { readonly kind: 'gone'; readonly accountIds: readonly string[] };

interface Waiting {
  readonly arrival: Arrival;
  readonly resolve: (settled: ArrivalSettled) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes what arrives while a transaction is under way in the next one, all of it together. */
export class SettleGroup {
  readonly #store: LocalDeliveryStore;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(store: LocalDeliveryStore) {
    this.#store = store;
  }

  /** Resolves after the commit. */
  settle(arrival: Arrival): Promise<ArrivalSettled> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ arrival, resolve, reject });
      if (!this.#writing) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      let group = this.#take();
      try {
        while (group.length > 0) group = await this.#writeOnce(group);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = false;
  }

  /** Writes a group; what is left of it where accounts were gone. */
  async #writeOnce(group: readonly Waiting[]): Promise<Waiting[]> {
    const settled = await this.#store.settle({
      copies: group.flatMap(({ arrival }) => arrival.copies),
      events: group.flatMap(({ arrival }) => arrival.events),
      records: [],
      lanes: [],
    });
    if (settled.kind === 'lost' || settled.kind === 'moved') throw new Error('there are no lanes');
    if (settled.kind === 'ok') {
      for (const { resolve } of group) resolve(settled);
      return [];
    }
    const gone = new Set(settled.accountIds);
    return group.filter(({ arrival, resolve }) => {
      const ids = arrival.copies.map((copy) => copy.accountId).filter((id) => gone.has(id));
      if (ids.length > 0) resolve({ kind: 'gone', accountIds: ids });
      return ids.length === 0;
    });
  }

  #take(): Waiting[] {
    let copies = 0;
    let bytes = 0;
    const end = this.#waiting.findIndex(({ arrival }, i) => {
      copies += arrival.copies.length;
      bytes += arrival.copies[0]?.message.body.length ?? 0;
      return i > 0 && (copies > COPIES_MAX || bytes > BYTES_MAX);
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }
}
