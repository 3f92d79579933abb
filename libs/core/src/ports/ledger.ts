/** The sums of one tenant and hour of acceptance. */
export interface LedgerLine {
  readonly tenantId: string;
  /** Start of the hour, milliseconds since 1970. */
  readonly hourMs: number;
  /** Entries by event type; types without entries are absent. */
  readonly counts: Readonly<Record<string, number>>;
  /** Counted apart, from scheduled rows and from log records beyond the positions. */
  readonly waiting: number;
  /** accepted + added - ended - waiting: 0 when balanced. */
  readonly difference: number;
}

/** The result of a check, all of one consistent snapshot. */
export interface LedgerCheck {
  readonly balanced: boolean;
  readonly begun: number;
  readonly ended: number;
  readonly waiting: number;
  readonly difference: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Only those that do not balance. */
  readonly lines: readonly LedgerLine[];
  /** The first message ids that do not balance, at most 20. */
  readonly messageIds: readonly string[];
}

/** Each recipient of each message is one entry that ends exactly once. */
export interface Ledger {
  check(): Promise<LedgerCheck>;
  /** Folds outcome deltas into sums; returns how many rows it folded. */
  fold(): Promise<number>;
}
