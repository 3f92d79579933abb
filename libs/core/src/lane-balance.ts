/** A moment of a topic's lanes: how many there are, and how many each living owner holds. */
export interface LaneHoldings {
  readonly lanes: number;
  readonly heldBy: ReadonlyMap<string, number>;
}

/**
 * How many lanes an owner should hold: lanes over living owners, where what does not divide goes to those who hold the
 * most already. All owners come to the same answer, and as few lanes move as can be.
 */
export function fairShare(owner: string, { lanes, heldBy }: LaneHoldings): number {
  const owners = [...heldBy].sort(
    ([one, held], [other, others]) => others - held || (one < other ? -1 : 1),
  );
  const rank = owners.findIndex(([name]) => name === owner);
  const remainder = lanes % owners.length;
  return Math.floor(lanes / owners.length) + (rank < remainder ? 1 : 0);
}
