/** Chance, passed in so that a run repeats from a seed. Never for secrets: those come from node:crypto. */
export interface Random {
  /** From 0 (inclusive) to 1 (exclusive). */
  next(): number;
}

/** The runtime's own generator. */
export const systemRandom: Random = { next: () => Math.random() };
