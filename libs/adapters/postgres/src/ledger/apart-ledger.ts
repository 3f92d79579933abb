import { PositionGone } from '@staffetta/core';
import type { CountedLog, Ledger, LedgerCheck } from '@staffetta/core';
import type { Database } from '../database.ts';
import { lookAt, lineKey } from './apart-look.ts';
import { foldDeltas, summary } from './lines.ts';

/** Mail goes on while it is looked for: what is not found where it was is looked for again. */
const LOOKS_MAX = 6;
const AGAIN_MS = 250;

/**
 * The ledger beside a log that keeps mail and events apart. A look begins with the sums, which are the mark: whatever
 * began by then is found after it in the log, in the rows or among the events told since. Lines that do not balance
 * at once are looked at again, message by message.
 */
export class ApartLedger implements Ledger {
  readonly #database: Database;
  readonly #log: CountedLog;

  constructor(database: Database, log: CountedLog) {
    this.#database = database;
    this.#log = log;
  }

  async check(): Promise<LedgerCheck> {
    const exact = new Set<string>();
    for (let looks = 1; ; looks += 1) {
      const look = await lookAt(this.#database, this.#log, exact).catch((error: unknown) => {
        // Trimmed since its position was read.
        if (!(error instanceof PositionGone) || looks >= LOOKS_MAX) throw error;
        return undefined;
      });
      if (!look) continue;
      const off = look.shown.filter(({ difference }) => difference !== 0);
      const isSure = off.every((line) => exact.has(lineKey(line))) && looks >= LOOKS_MAX;
      if (off.length === 0 || isSure) {
        return summary(look.lines, off, off.length > 0 ? look.messageIds : []);
      }
      for (const line of off) exact.add(lineKey(line));
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  fold(): Promise<number> {
    return foldDeltas(this.#database);
  }
}
