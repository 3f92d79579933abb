import type {
  LaneSettlement,
  LogRecord,
  MailEvent,
  RowOutcome,
  ScheduledInsert,
  ScheduledUpdate,
  TakenLane,
} from '@staffetta/core';
import type { EntrySource } from './entry.ts';
import { Parking } from './parking.ts';
import type { LogSource, ParkRoom } from './parking.ts';
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
  /** What its last owner had on the wire when it died is due again: nothing of the lane is read before. */
  isReclaimed: boolean;
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
  /** Records that become rows with one of the next flushes; until then they are not settled. */
  readonly #parking = new Parking();
  #dirty = false;
  #deletes: number[] = [];
  #wire = new Set<number>();
  #updates: ScheduledUpdate[] = [];
  #events: MailEvent[] = [];
  #inserts: ScheduledInsert[] = [];
  #records: LogRecord[] = [];
  #ofRows: RowOutcome[] = [];
  /** Rows settled by the next flush: they may be pulled again only after it. */
  #settledRows = new Set<number>();

  constructor(lease: TakenLane, takenAtMs: number) {
    this.lease = lease;
    this.takenAtMs = takenAtMs;
    this.isReclaimed = lease.clean;
    this.normal = new SettlementTracker(lease.normal);
    this.bulk = new SettlementTracker(lease.bulk);
  }

  /** Records that wait to be written as rows. */
  get waitingToPark(): number {
    return this.#parking.size;
  }

  get dirty(): boolean {
    return this.#dirty;
  }

  tracker(bulk: boolean): SettlementTracker {
    return bulk ? this.bulk : this.normal;
  }

  /** The record or row has an outcome; what follows is written with it. */
  settle(source: EntrySource, consequences: Consequences): void {
    if (source.kind === 'log') {
      this.follow(consequences);
      this.tracker(source.bulk).settle(source.position);
      return;
    }
    const record = this.#takeExchanged(source.id);
    if (record) this.settle(record.source, consequences);
    else if (this.#rowSettled(source.id, consequences)) this.#deletes.push(source.id);
  }

  /** The record becomes a row, with what follows: in one of the next flushes, as they have room for it. */
  park(source: LogSource, row: ScheduledInsert, consequences: Consequences = {}): void {
    this.#dirty = true;
    this.#parking.add({ source, row, consequences });
  }

  /** What happened without settling anything. */
  follow({ events = [], inserts = [], records = [] }: Consequences): void {
    this.#dirty = true;
    this.#events.push(...events);
    this.#inserts.push(...inserts);
    this.#records.push(...records);
  }

  /** A record that is on the wire becomes a row that says so; it is settled later as that row. */
  exchange(source: LogSource, row: ScheduledInsert & { readonly id: number }): void {
    this.park(source, row);
    this.pulledRows.add(row.id);
  }

  /** A row in memory waits again in its table. */
  putBack(update: ScheduledUpdate, consequences: Consequences = {}): void {
    const record = this.#takeExchanged(update.id);
    if (record) this.park(record.source, { ...record.row, ...update }, consequences);
    else if (this.#rowSettled(update.id, consequences)) this.#updates.push(update);
  }

  /** A pulled row goes on the wire; where the next flush finds it there still, it says so. */
  onWire(rowId: number): void {
    this.#dirty = true;
    this.#wire.add(rowId);
  }

  /** Everything for one flush, but of what is parked only what there is room for; what comes later goes into the next. */
  takeSettlement(room: ParkRoom): {
    readonly settlement: LaneSettlement;
    readonly rows: ReadonlySet<number>;
  } {
    for (const { source, row, consequences } of this.#parking.take(room)) {
      this.settle(source, consequences);
      this.#inserts.push(row);
    }
    const settlement: LaneSettlement = {
      lease: this.lease,
      normal: this.normal.snapshot(),
      bulk: this.bulk.snapshot(),
      inserts: this.#inserts,
      deletes: this.#deletes,
      wire: [...this.#wire],
      updates: this.#updates,
      events: this.#events,
      records: this.#records,
      ofRows: this.#ofRows,
    };
    const rows = this.#settledRows;
    this.#dirty = this.#parking.size > 0;
    this.#inserts = [];
    this.#deletes = [];
    this.#wire.clear();
    this.#updates = [];
    this.#events = [];
    this.#records = [];
    this.#ofRows = [];
    this.#settledRows = new Set();
    return { settlement, rows };
  }

  /** Whether it is the row's first outcome in this flush; what follows from another one is dropped with it. */
  #rowSettled(id: number, { inserts = [], events = [], records = [] }: Consequences): boolean {
    this.#dirty = true;
    this.#wire.delete(id);
    this.#ofRows.push({ id, inserts, events, records });
    if (this.#settledRows.has(id)) return false;
    this.#settledRows.add(id);
    return true;
  }

  /** The record that was to become this row, and needs none, or another one, now. */
  #takeExchanged(id: number): ReturnType<Parking['remove']> {
    const record = this.#parking.remove(id);
    if (record) this.pulledRows.delete(id);
    return record;
  }
}
