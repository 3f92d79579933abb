import type { LogKind } from './cluster.ts';

/** The log of the clusters that the points start, unless `STAFFETTA_TEST_LOG` names the other one. */
const DEFAULT_LOG: LogKind = 'kafka';

export function chosenLog(): LogKind {
  const chosen = process.env['STAFFETTA_TEST_LOG'] ?? DEFAULT_LOG;
  if (chosen === 'postgres' || chosen === 'kafka') return chosen;
  throw new Error(`STAFFETTA_TEST_LOG is kafka or postgres, not ${chosen}`);
}
