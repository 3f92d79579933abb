/** Contents that are too large to be copied from one log record to the next. */
export interface BlobStore {
  /** Durable when it resolves, and kept until then at least (milliseconds since 1970). Returns how it is found again. */
  put(bytes: Buffer, keepUntilMs: number): Promise<string>;
  /** The content in pieces of at most 1 MB, in order. Rejects where it is no longer there. */
  chunks(ref: string): AsyncIterable<Buffer>;
}
