import type { EventStore, LaneLease, MailEvent } from '@staffetta/core';
import type { Database } from '../database.ts';
import { LEASED_NUMBERS } from '../log/partitions.ts';
import { withoutRepeats } from './told-before.ts';
import { ensureTraceDays } from './trace-days.ts';
import { daysOf, writeEvents } from './write-events.ts';

/** Trace and ledger beside a log that keeps the events: how far that is read is written with them. */
export class PostgresEventStore implements EventStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async record(
    lease: LaneLease<'events'>,
    from: number,
    { events, position }: { readonly events: readonly MailEvent[]; readonly position: number },
  ): ReturnType<EventStore['record']> {
    await ensureTraceDays(this.#database, daysOf(events));
    return this.#database.transaction(async (connection) => {
      const held = await connection.query<{ position: number }>({
        name: 'events_lane',
        text: `select position from lane
               where topic = $1 and lane = $2 and owner = $3 and epoch = $4 for update`,
        values: [LEASED_NUMBERS.events, lease.lane, lease.owner, lease.epoch],
      });
      const at = held.rows[0]?.position;
      if (at === undefined) return { kind: 'lost' };
      if (at !== from) return { kind: 'moved', position: at };
      // The events of a message are all in this lane, whose row is locked: nobody else writes any of them.
      const unheard = await withoutRepeats(connection, events);
      if (unheard.length > 0) await writeEvents(connection, unheard);
      await connection.query({
        name: 'events_position',
        text: 'update lane set position = $3 where topic = $1 and lane = $2',
        values: [LEASED_NUMBERS.events, lease.lane, position],
      });
      return { kind: 'ok' };
    });
  }
}
