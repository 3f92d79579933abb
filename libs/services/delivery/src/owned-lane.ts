import type {
  ScheduledUpdate,
  LaneSettlement,
  LogRecord,
  MailEvent,
  ScheduledInsert,
  TakenLane,
} from '@staffetta/core';
import type { EntrySource } from './entry.ts';
import { SettlementTracker } from './settlement-tracker.ts';

/** What follows from an outcome and is written with the settlement. */
export interface Consequences {
  readonly events?: readonly MailEvent[];
  readonly inserts?: readonly ScheduledInsert[];
  readonly records?: readonly LogRecord[];
}

/** A lane that this worker owns: how far it is read and settled, and what waits for the next flush. */
export class OwnedLane {
  readonly lease: TakenLane;
  readonly normal: SettlementTracker;
  readonly bulk: SettlementTracker;
  /** The lane is to be let go: nothing more is read or started. */
  closing = false;
  /** The lane is another's: nothing of it is settled any more. */
  lost = false;
  /** It was let go; what it has on the wire still is settled row by row. */
  letGo = false;
  /** Until when it may be, by performance.now(). */
  keptUntilMs = 0;
  /** Earlier owners, that did not let go and may live, may have connections open to any of its sites. */
  isOrphaned = true;
  /** Connections that earlier owners keep open, by site. */
  connectionsOfOthers: ReadonlyMap<string, number> = new Map();
  /** Milliseconds since 1970. */
  readonly takenAtMs: number;
  /** Connecting for it is given up: it is closing or lost. */
  readonly abort = new AbortController();
  /** Messages in memory: ready or on the wire. */
  inMemory = 0;
  /** Rows of `scheduled` that are in memory. */
  readonly pulledRows = new Set<number>();
  #dirty = false;
  #deletes: number[] = [];
  #wire = new Set<number>();
  #updates: ScheduledUpdate[] = [];
  #events: MailEvent[] = [];
  #inserts: ScheduledInsert[] = [];
  #records: LogRecord[] = [];
  /** Rows settled by the flush under way: they may be pulled again only after it. */
  #settledRows: number[] = [];

  constructor(lease: TakenLane, takenAtMs: number) {
    this.lease = lease;
    this.takenAtMs = takenAtMs;
    this.normal = new SettlementTracker(lease.normal);
    this.bulk = new SettlementTracker(lease.bulk);
  }

  /** Rows that the next flush inserts. */
  get pendingInserts(): number {
    return this.#inserts.length;
  }

  get dirty(): boolean {
    return this.#dirty;
  }

  tracker(bulk: boolean): SettlementTracker {
    return bulk ? this.bulk : this.normal;
  }

  /** The record or row has an outcome; what follows is written with it. */
  settle(source: EntrySource, consequences: Consequences): void {
    this.follow(consequences);
    if (source.kind === 'log') this.tracker(source.bulk).settle(source.position);
    else {
      this.#deletes.push(source.id);
      this.#settledRows.push(source.id);
      this.#wire.delete(source.id);
    }
  }

  /** What happened without settling anything. */
  follow({ events = [], inserts = [], records = [] }: Consequences): void {
    this.#dirty = true;
    this.#events.push(...events);
    this.#inserts.push(...inserts);
    this.#records.push(...records);
  }

  /** A record that is on the wire becomes a row that says so; it is settled later as that row. */
  exchange(source: EntrySource, row: ScheduledInsert & { readonly id: number }): void {
    this.settle(source, { inserts: [row] });
    this.pulledRows.add(row.id);
  }

  /** A row in memory waits again in its table. */
  putBack(update: ScheduledUpdate): void {
    this.#dirty = true;
    this.#updates.push(update);
    this.#settledRows.push(update.id);
    this.#wire.delete(update.id);
  }

  /** A pulled row goes on the wire; where the next flush finds it there still, it says so. */
  onWire(rowId: number): void {
    this.#dirty = true;
    this.#wire.add(rowId);
  }

  /** Everything for one flush; what comes later goes into the next. */
  takeSettlement(): { readonly settlement: LaneSettlement; readonly rows: readonly number[] } {
    // A record parked on the wire whose outcome came before the flush needs no row at all.
    const gone = new Set(this.#deletes);
    const settlement: LaneSettlement = {
      lease: this.lease,
      normal: this.normal.snapshot(),
      bulk: this.bulk.snapshot(),
      inserts: this.#inserts.filter(({ id }) => id === undefined || !gone.has(id)),
      deletes: this.#deletes,
      wire: [...this.#wire],
      updates: this.#updates,
      events: this.#events,
      records: this.#records,
    };
    const rows = this.#settledRows;
    this.#dirty = false;
    this.#inserts = [];
    this.#deletes = [];
    this.#wire.clear();
    this.#updates = [];
    this.#events = [];
    this.#records = [];
    this.#settledRows = [];
    return { settlement, rows };
  }
}
