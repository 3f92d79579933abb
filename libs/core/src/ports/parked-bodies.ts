import type { Body } from '../body.ts';

/** Contents of parked mail, which lie outside of the log whatever its kind. */
export interface ParkedBodies {
  /** Whether a reference is one of these. */
  holds(ref: string): boolean;
  /** The content in pieces of at most 1 MB, in order. Rejects where it is no longer there. */
  chunks(body: Body): AsyncIterable<Buffer>;
}
