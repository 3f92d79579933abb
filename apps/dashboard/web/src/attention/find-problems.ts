import type { LiveSnapshot, PartHealth, SiteQueue } from '../api/documents.ts';
import { countOf } from '../format/number.ts';
import { formatClockSeconds, formatDuration } from '../format/time.ts';

/** Something that an operator should look at. */
export interface Problem {
  readonly key: string;
  /** `critical`: mail or its accounting suffers now; `warning`: it may. */
  readonly severity: 'critical' | 'warning';
  readonly title: string;
  readonly detail: string;
  /** What to type to see more; absent where nothing helps. */
  readonly command?: string;
}

/** Mail that waits longer than this is worth a look. */
const OLD_MAIL_MS = 60 * 60_000;
/** A ledger check is made every ten seconds, or as often as its length permits. */
const OLD_CHECK_MS = 5 * 60_000;
const LANE = 'A lane is a share of the log; mail in one without an owner waits.';

/** What is wrong in a snapshot, the worst first. */
export function findProblems(snapshot: LiveSnapshot): readonly Problem[] {
  const problems = [
    ...snapshot.health.filter(({ ok }) => !ok).map(partProblem),
    ...ledgerProblems(snapshot),
    ...oldMailProblems(snapshot),
  ];
  return problems.sort((a, b) => rank(a) - rank(b));
}

function rank({ severity }: Problem): number {
  return severity === 'critical' ? 0 : 1;
}

function partProblem({ name, detail }: PartHealth): Problem {
  const isLanes = name.startsWith('lanes of ');
  const words = detail || 'not ok';
  return {
    key: `health ${name}`,
    severity: 'critical',
    title: capital(name),
    detail: isLanes ? `${words}. ${LANE}` : words,
    command: `npx --no staffetta ${isLanes ? 'cluster' : 'status'}`,
  };
}

function ledgerProblems({ ledger, at }: LiveSnapshot): readonly Problem[] {
  if (!ledger) return [];
  const command = 'npx --no staffetta ledger check';
  if (!ledger.balanced) {
    const detail =
      ledger.difference === 0
        ? 'Sums are right, single lines are not.'
        : `${countOf(Math.abs(ledger.difference), 'recipient')} ${ledger.difference > 0 ? 'without an end' : 'ended more than once'}.`;
    return [
      {
        key: 'ledger',
        severity: 'critical',
        title: 'The ledger does not balance',
        detail,
        command,
      },
    ];
  }
  if (at - ledger.at < OLD_CHECK_MS) return [];
  const detail = `The last check ended at ${formatClockSeconds(ledger.at)}.`;
  return [
    { key: 'ledger', severity: 'warning', title: 'The ledger was not checked', detail, command },
  ];
}

/** One problem for all sites, or a bad hour would fill the page. */
function oldMailProblems({ queues, at }: LiveSnapshot): readonly Problem[] {
  const age = ({ oldestAcceptedAtMs }: SiteQueue) => at - (oldestAcceptedAtMs ?? at);
  const old = queues.filter((queue) => age(queue) > OLD_MAIL_MS);
  const [oldest] = old.sort((a, b) => age(b) - age(a));
  if (!oldest) return [];
  return [
    {
      key: 'old mail',
      severity: 'warning',
      title: `${countOf(old.length, 'site')} with mail older than an hour`,
      detail: `The oldest has waited ${formatDuration(age(oldest))} for ${oldest.site}.`,
      command: `npx --no staffetta queue show ${oldest.site}`,
    },
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
