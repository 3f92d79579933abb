/** A record that follows from something that could happen twice. */
export interface CausedRecord {
  readonly cause: string;
  /** Where the record is: the same each time it is read, and no other record's. */
  readonly place: string;
}

/** Tells the first record of a cause from its repeats, for all readers of a log. */
export interface Causes {
  /**
   * Of the records of a cause, in whichever order they are read, the one that is claimed first holds it for good.
   * Returns the place that holds each cause.
   */
  claim(records: readonly CausedRecord[]): Promise<ReadonlyMap<string, string>>;
}
