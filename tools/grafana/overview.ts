import { dashboard, figure, lines, own, quantiles, rate, seen } from './panels.ts';

export const overview = dashboard({
  uid: 'staffetta-overview',
  title: 'Overview',
  description: 'Whether mail comes in, goes out and is all accounted for.',
  rows: [
    {
      title: 'Now',
      panels: [
        figure({
          title: 'Accepted',
          description: 'Recipients a second that got 250, by SMTP and by the API.',
          unit: 'short',
          queries: { accepted: 'staffetta:accepted_recipients:rate5m' },
        }),
        figure({
          title: 'Delivered',
          description: 'Recipients a second that other servers took.',
          unit: 'short',
          queries: {
            delivered: rate('staffetta_delivery_recipients_total', [], 'outcome="delivered"'),
          },
        }),
        figure({
          title: 'Without an outcome',
          description: 'Recipients scheduled, and in the log beyond what its readers have settled.',
          unit: 'short',
          queries: { recipients: seen('staffetta_unsettled_recipients') },
        }),
        figure({
          title: 'Ledger difference',
          description:
            'Recipients that began and neither ended nor wait. Anything but 0 is an alarm.',
          unit: 'short',
          queries: { difference: seen('staffetta_ledger_difference') },
        }),
        figure({
          title: 'Longest overdue',
          description:
            'How long the message that is due longest has been due: limbo, where it grows.',
          unit: 's',
          queries: { overdue: seen('staffetta_scheduled_overdue_seconds', [], 'state="due"') },
        }),
        figure({
          title: 'Lanes without an owner',
          description: 'Their mail does not move. 0 but for moments of a hand-over.',
          unit: 'short',
          queries: {
            lanes: 'sum(' + seen('staffetta_lanes', ['topic'], 'state="ownerless"') + ')',
          },
        }),
      ],
    },
    {
      title: 'Flow',
      panels: [
        lines({
          title: 'Accepted recipients',
          description: 'By listener, and by the API.',
          unit: 'cps',
          queries: {
            '{{listener}}': rate('staffetta_ingress_accepted_recipients_total', ['listener']),
            api: rate('staffetta_api_accepted_recipients_total'),
          },
        }),
        lines({
          title: 'Outcomes of attempts',
          description: 'Recipients by what an attempt at delivery brought.',
          unit: 'cps',
          queries: { '{{outcome}}': rate('staffetta_delivery_recipients_total', ['outcome']) },
        }),
        lines({
          title: 'Time to delivery, not bulk',
          description: 'From our 250 to the remote 250, first attempts and retries together.',
          unit: 's',
          queries: quantiles('staffetta_delivery_latency_seconds', 'class="normal"'),
        }),
        lines({
          title: 'Errors against the objectives',
          description:
            'Refused for our own reasons (objective 0.1 %), delivered after 5 minutes (objective 5 %).',
          unit: 'percentunit',
          queries: {
            'refused, 1 h': 'staffetta:acceptance_errors:ratio_rate1h',
            'late, 1 h': 'staffetta:delivery_slow:ratio_rate1h',
          },
        }),
        lines({
          title: 'Largest tenants',
          description:
            'Recipients accepted in the last day, by tenant: the 50 largest, and all others.',
          unit: 'short',
          queries: {
            '{{tenant}}': `topk(10, ${seen('staffetta_tenant_recipients', ['tenant'], 'outcome="accepted"')})`,
          },
        }),
        lines({
          title: 'Free disk',
          description: 'On the fullest disk of each process that mail is written to.',
          unit: 'bytes',
          queries: { '{{instance}}': own('staffetta_storage_free_bytes') },
        }),
      ],
    },
    {
      title: 'Processes',
      panels: [
        lines({
          title: 'CPU',
          description: 'Cores used by each process.',
          unit: 'short',
          queries: { '{{instance}}': rate('staffetta_process_cpu_seconds_total', ['instance']) },
        }),
        lines({
          title: 'Memory',
          description: 'Resident memory of each process.',
          unit: 'bytes',
          queries: { '{{instance}}': own('staffetta_process_resident_memory_bytes') },
        }),
        lines({
          title: 'Delay of the event loop, p99',
          description: 'Past a few hundred milliseconds the process has too much to do.',
          unit: 's',
          queries: { '{{instance}}': own('staffetta_nodejs_eventloop_lag_p99_seconds') },
        }),
      ],
    },
  ],
});
