/** What no fault and no restart may ever do: more at a site than its limits, and a ledger that is off. */
import type { Point } from '../../tools/harness/point.ts';
import { CONNECTIONS_MAX, PER_SECOND_MAX } from './scene.ts';

export interface Limited {
  /** The most that any site saw. */
  readonly connectionsMax: number;
  readonly perSecondMax: number;
  readonly ledger: { readonly ok: boolean; readonly says: string };
}

export function boundLimits(point: Point, report: Limited): void {
  point.bound(
    `no site ever sees more than its ${CONNECTIONS_MAX} connections`,
    report.connectionsMax <= CONNECTIONS_MAX,
    report.connectionsMax,
  );
  point.bound(
    `no site ever sees more than its ${PER_SECOND_MAX} messages in a second`,
    report.perSecondMax <= PER_SECOND_MAX,
    report.perSecondMax,
  );
  point.bound('the ledger balances', report.ledger.ok, report.ledger.says);
}
