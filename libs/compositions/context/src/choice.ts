import type { Accounts, DeliveryView, EventsView, Routes } from '@staffetta/core';

/** Who is asked in another process, and what keeps that up to date. */
export interface Choice {
  /** Looks for instances; called with each heartbeat. */
  look(): Promise<void>;
  /** What was known of the directory does not hold any more. */
  directoryMoved?(): void;
  close(): void;
}

/** What the services of this process answer by direct calls; absent where they run elsewhere. */
export interface LocalAnswers {
  events?: EventsView;
  delivery?: DeliveryView;
  routes?: Routes;
  accounts?: Accounts;
}
