import { dashboard, figure, lines, own, rate, seen } from './panels.ts';

export const queues = dashboard({
  uid: 'staffetta-queues',
  title: 'Queues and destinations',
  description: 'What waits, for how long, and what large providers say to our mail.',
  rows: [
    {
      title: 'What waits',
      panels: [
        figure({
          title: 'Scheduled',
          description: 'Recipients in the scheduled queue.',
          unit: 'short',
          queries: { recipients: `sum(${seen('staffetta_scheduled_recipients', ['state'])})` },
        }),
        figure({
          title: 'Ready',
          description: 'Messages in the memory of delivery workers, ready or on the wire.',
          unit: 'short',
          queries: { messages: `sum(${own('staffetta_delivery_ready_messages')})` },
        }),
        figure({
          title: 'Oldest',
          description: 'Age of the oldest scheduled message since it was accepted.',
          unit: 's',
          queries: { age: seen('staffetta_scheduled_oldest_age_seconds') },
        }),
      ],
    },
    {
      title: 'Scheduled queue',
      panels: [
        lines({
          title: 'Recipients by state',
          description:
            'due: at a time; waiting: for room in a ready queue; wire: being sent for long.',
          unit: 'short',
          queries: { '{{state}}': seen('staffetta_scheduled_recipients', ['state']) },
        }),
        lines({
          title: 'Age of the oldest by state',
          description:
            'Since it was accepted: up to the life of a message where a server stays away.',
          unit: 's',
          queries: { '{{state}}': seen('staffetta_scheduled_oldest_age_seconds', ['state']) },
        }),
        lines({
          title: 'Overdue by state',
          description: 'How long the message that is due longest has been due.',
          unit: 's',
          queries: { '{{state}}': seen('staffetta_scheduled_overdue_seconds', ['state']) },
        }),
      ],
    },
    {
      title: 'Destinations',
      panels: [
        lines({
          title: 'Attempts by provider',
          description: 'Recipients tried a second.',
          unit: 'cps',
          queries: { '{{provider}}': rate('staffetta_delivery_attempts_total', ['provider']) },
        }),
        lines({
          title: 'Refused by provider',
          description:
            'Share of attempts that a provider refused for its policy or our rate, within 15 minutes.',
          unit: 'percentunit',
          queries: { '{{provider}}': 'staffetta:provider_refusals:ratio_rate15m' },
        }),
        lines({
          title: 'Deferrals by reason',
          description: 'Classes of what servers answered, or of what kept us from reaching them.',
          unit: 'cps',
          queries: {
            '{{reason}}': rate(
              'staffetta_delivery_failures_total',
              ['reason'],
              'outcome="deferred"',
            ),
          },
        }),
        lines({
          title: 'Bounces by reason',
          description: 'Recipients that ended without delivery.',
          unit: 'cps',
          queries: {
            '{{outcome}} {{reason}}': rate(
              'staffetta_delivery_failures_total',
              ['outcome', 'reason'],
              'outcome=~"bounced|expired|discarded"',
            ),
          },
        }),
        lines({
          title: 'Uncertain and doubled',
          description:
            'Recipients whose final reply was lost, or whose mail waited at a restore, who may get a second copy; and those known to have one.',
          unit: 'cps',
          queries: {
            uncertain: rate('staffetta_delivery_uncertain_recipients_total'),
            doubled: rate('staffetta_delivery_doubles_total'),
            'after a restore': rate('staffetta_delivery_restored_recipients_total'),
          },
        }),
        lines({
          title: 'DNS',
          description: 'Questions put to the DNS, and those without a usable answer.',
          unit: 'cps',
          queries: { '{{result}}': rate('staffetta_resolver_dns_questions_total', ['result']) },
        }),
      ],
    },
  ],
});
