import type { Logger, Metrics } from '@staffetta/platform';
import type { MailSight } from '@staffetta/service-events';

const STATES = ['due', 'waiting', 'wire'] as const;
const TENANT_OUTCOMES = ['accepted', 'delivered', 'bounced', 'expired'] as const;
const HANDOVER_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 300];

/** Makes metrics of what the watch sees, each process of events the same ones; an unbalanced ledger is told in the log. */
export function sightTeller(metrics: Metrics, logger: Logger): (sight: MailSight) => void {
  const tellers = [
    ledgerTeller(metrics, logger),
    scheduledTeller(metrics),
    lagTeller(metrics),
    laneTeller(metrics),
    handoverTeller(metrics),
    tenantTeller(metrics),
  ];
  const seen = metrics.gauge({
    name: 'staffetta_watch_timestamp_seconds',
    help: 'When the ledger, the queues and the lanes were looked at last, in seconds since 1970.',
  });
  return (sight) => {
    for (const tell of tellers) tell(sight);
    seen.setToCurrentTime();
  };
}

function ledgerTeller(metrics: Metrics, logger: Logger): (sight: MailSight) => void {
  const difference = metrics.gauge({
    name: 'staffetta_ledger_difference',
    help: 'Recipients that began and neither ended nor wait; 0 when nothing is lost.',
  });
  const unsettled = metrics.gauge({
    name: 'staffetta_unsettled_recipients',
    help: 'Recipients without an outcome: scheduled, and in the log beyond the positions.',
  });
  return ({ ledger }) => {
    // One that is lost and one that is doubled must not hide each other.
    const off = ledger.lines.reduce((sum, line) => sum + Math.abs(line.difference), 0);
    difference.set(Math.max(off, Math.abs(ledger.difference)));
    unsettled.set(ledger.waiting);
    if (ledger.balanced) return;
    const { difference: missing, messageIds } = ledger;
    logger.error({ difference: missing, messageIds }, 'the ledger does not balance');
  };
}

function scheduledTeller(metrics: Metrics): (sight: MailSight) => void {
  const depth = metrics.gauge({
    name: 'staffetta_scheduled_recipients',
    help: 'Scheduled recipients by state: due at a time, waiting for room, on the wire.',
    labels: ['state'],
  });
  const age = metrics.gauge({
    name: 'staffetta_scheduled_oldest_age_seconds',
    help: 'Age of the oldest scheduled message since it was accepted, by state.',
    labels: ['state'],
  });
  const overdue = metrics.gauge({
    name: 'staffetta_scheduled_overdue_seconds',
    help: 'How long the message that is due longest has been due, by state; 0 while none is.',
    labels: ['state'],
  });
  return ({ depths }) => {
    const nowMs = Date.now();
    for (const state of STATES) {
      const found = depths.find((one) => one.state === state);
      depth.set({ state }, found?.recipients ?? 0);
      age.set({ state }, found ? secondsSince(found.oldestAcceptedAtMs, nowMs) : 0);
      overdue.set({ state }, found ? secondsSince(found.firstDueAtMs, nowMs) : 0);
    }
  };
}

function lagTeller(metrics: Metrics): (sight: MailSight) => void {
  const labels = ['topic', 'class'] as const;
  const records = metrics.gauge({
    name: 'staffetta_log_lag_records',
    help: 'Records that readers have not settled, by topic and class of mail.',
    labels,
  });
  const age = metrics.gauge({
    name: 'staffetta_log_lag_oldest_age_seconds',
    help: 'Age of the oldest record that is not settled, since it was accepted.',
    labels,
  });
  return ({ lag }) => {
    const nowMs = Date.now();
    for (const { topic, bulk, records: behind, oldestAcceptedAtMs = nowMs } of lag) {
      const label = { topic, class: bulk ? 'bulk' : 'normal' };
      records.set(label, behind);
      age.set(label, secondsSince(oldestAcceptedAtMs, nowMs));
    }
  };
}

function laneTeller(metrics: Metrics): (sight: MailSight) => void {
  const count = metrics.gauge({
    name: 'staffetta_lanes',
    help: 'Lanes of the whole system by topic: owned by a process, or without an owner.',
    labels: ['topic', 'state'],
  });
  const ownerless = metrics.gauge({
    name: 'staffetta_lane_ownerless_seconds',
    help: 'How long the lane that lacks an owner longest has lacked one, by topic; 0 while all have one.',
    labels: ['topic'],
  });
  return ({ lanes }) => {
    const nowMs = Date.now();
    for (const [topic, ofTopic] of Map.groupBy(lanes, (lane) => lane.topic)) {
      const free = ofTopic.filter(({ owner }) => owner === undefined);
      count.set({ topic, state: 'owned' }, ofTopic.length - free.length);
      count.set({ topic, state: 'ownerless' }, free.length);
      const waits = free.map(({ heldAtMs = nowMs }) => secondsSince(heldAtMs, nowMs));
      ownerless.set({ topic }, Math.max(0, ...waits));
    }
  };
}

function handoverTeller(metrics: Metrics): (sight: MailSight) => void {
  const moved = metrics.counter({
    name: 'staffetta_lane_handovers_total',
    help: 'Lanes that changed their owner: cleanly, or after a lease ended (lost).',
    labels: ['topic', 'how'],
  });
  const idle = metrics.histogram({
    name: 'staffetta_lane_handover_idle_seconds',
    help: 'The longest that a lane of a hand-over stood without an owner.',
    labels: ['topic'],
    buckets: HANDOVER_BUCKETS_SECONDS,
  });
  return ({ handovers }) => {
    for (const { topic, lanes, from, clean, idleMs } of handovers) {
      if (!from) continue;
      moved.inc({ topic, how: clean ? 'clean' : 'lost' }, lanes.length);
      if (idleMs !== undefined) idle.observe({ topic }, idleMs / 1_000);
    }
  };
}

/** Who falls out of the largest loses its series. */
function tenantTeller(metrics: Metrics): (sight: MailSight) => void {
  const recipients = metrics.gauge({
    name: 'staffetta_tenant_recipients',
    help: 'Recipients accepted in the last day by what became of them, of the 50 largest tenants and of all others (other).',
    labels: ['tenant', 'outcome'],
  });
  return ({ tenants }) => {
    recipients.reset();
    for (const { tenantId, counts } of tenants) {
      const tenant = tenantId === '' ? 'other' : tenantId;
      // A tenant may bear that name.
      for (const outcome of TENANT_OUTCOMES) {
        recipients.inc({ tenant, outcome }, counts[outcome] ?? 0);
      }
    }
  };
}

/** Never below 0: a time to come is no age. */
function secondsSince(atMs: number, nowMs: number): number {
  return Math.max(0, nowMs - atMs) / 1_000;
}
