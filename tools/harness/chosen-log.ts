import type { LogKind } from './cluster.ts';

/** The log that a point uses, of clusters Kafka's, unless `STAFFETTA_TEST_LOG` names the other one. */
export function chosenLog(byDefault: LogKind = 'kafka'): LogKind {
  const chosen = process.env['STAFFETTA_TEST_LOG'] ?? byDefault;
  if (chosen === 'postgres' || chosen === 'kafka') return chosen;
  throw new Error(`STAFFETTA_TEST_LOG is kafka or postgres, not ${chosen}`);
}
