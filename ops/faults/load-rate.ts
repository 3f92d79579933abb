/** How much mail flows while a cluster is struck or restarted. */
import type { LogKind } from '../../tools/harness/cluster.ts';

const SHORT = 100;
/** What two cores hold while processes start again. */
const LONG: Readonly<Record<LogKind, number>> = { kafka: 150, postgres: 300 };

/** Messages a second. */
export function loadPerSecond(log: LogKind, isLong: boolean): number {
  return isLong ? LONG[log] : SHORT;
}
