import type { Body, Envelope, Span } from '@staffetta/core';
import type { OwnedLane } from './owned-lane.ts';

/** Where a message in memory came from, and so how it is settled. */
export type EntrySource =
  | { readonly kind: 'log'; readonly bulk: boolean; readonly position: number }
  | { readonly kind: 'row'; readonly id: number };

/** One message for one site, in a ready queue or on the wire. */
export interface Entry {
  readonly lane: OwnedLane;
  /** Changes when a record is parked while it is on the wire. */
  source: EntrySource;
  readonly envelope: Envelope;
  readonly body: Body;
  readonly site: string;
  readonly readAtMs: number;
  /** Octets counted against the memory budget. */
  readonly memoryBytes: number;
  /** Times it was put back at once after a connection that broke before any answer. */
  restarts: number;
  /** Of the attempt under way, where the message is sampled. */
  span: Span | undefined;
  /** Its row is marked, or about to be marked, as on the wire. */
  marked: boolean;
  /** It has its outcome, or was handed back. */
  settled: boolean;
}

/** An entry's place among its site's: what is not bulk first, then by priority. */
export function rankOf({ envelope }: Entry): number {
  return (
    (envelope.bulk ? PRIORITIES : 0) + Math.min(Math.max(envelope.priority, 0), PRIORITIES - 1)
  );
}

const PRIORITIES = 4;
export const RANKS = PRIORITIES * 2;
