/**
 * The content of a message, written once. It is kept by its id in the log or the blob store; `bytes` is there while
 * it is in memory and small enough to be passed on.
 */
export interface Body {
  readonly sizeBytes: number;
  /** The exact RFC 5322 octets, where they are in memory. */
  readonly bytes: Buffer | undefined;
  /** Where the adapter has stored it; absent until it is appended. Opaque to everyone but the adapter. */
  readonly ref: string | undefined;
}
