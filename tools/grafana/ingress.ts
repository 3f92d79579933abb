import { dashboard, lines, own, quantiles, rate } from './panels.ts';

export const ingress = dashboard({
  uid: 'staffetta-ingress',
  title: 'Ingress',
  description: 'What comes in by SMTP and by the API, and what is refused.',
  rows: [
    {
      title: 'SMTP',
      panels: [
        lines({
          title: 'Connections',
          description: 'Open SMTP connections by listener.',
          unit: 'short',
          queries: {
            '{{listener}}': `sum by (listener) (${own('staffetta_ingress_connections')})`,
          },
        }),
        lines({
          title: 'Messages',
          description: 'Messages a second that got 250.',
          unit: 'cps',
          queries: {
            '{{listener}}': rate('staffetta_ingress_accepted_messages_total', ['listener']),
          },
        }),
        lines({
          title: 'Octets',
          description: 'Octets a second of messages that got 250.',
          unit: 'Bps',
          queries: { '{{listener}}': rate('staffetta_ingress_accepted_bytes_total', ['listener']) },
        }),
        lines({
          title: 'Refusals by reason',
          description: 'storage, directory and log are ours; the others are the peer’s doing.',
          unit: 'cps',
          queries: { '{{reason}}': rate('staffetta_ingress_refused_total', ['reason']) },
        }),
        lines({
          title: 'Log-ins',
          description: 'AUTH by outcome; many refused ones are somebody who guesses.',
          unit: 'cps',
          queries: { '{{outcome}}': rate('staffetta_ingress_logins_total', ['outcome']) },
        }),
        lines({
          title: 'Refused for our own reasons',
          description: 'Share of what came; the objective is 0.1 %.',
          unit: 'percentunit',
          queries: {
            '5 min': 'staffetta:acceptance_errors:ratio_rate5m',
            '1 h': 'staffetta:acceptance_errors:ratio_rate1h',
            '6 h': 'staffetta:acceptance_errors:ratio_rate6h',
          },
        }),
      ],
    },
    {
      title: 'API',
      panels: [
        lines({
          title: 'Requests by status',
          description: 'HTTP statuses of the email API.',
          unit: 'cps',
          queries: { '{{status}}': rate('staffetta_api_requests_total', ['status']) },
        }),
        lines({
          title: 'Recipients and connections',
          description: 'Recipients accepted a second, and open connections.',
          unit: 'short',
          queries: {
            recipients: rate('staffetta_api_accepted_recipients_total'),
            connections: `sum(${own('staffetta_api_connections')})`,
          },
        }),
        lines({
          title: 'Octets',
          description: 'Octets a second of messages accepted by the API.',
          unit: 'Bps',
          queries: { octets: rate('staffetta_api_accepted_bytes_total') },
        }),
      ],
    },
    {
      title: 'Durable before 250',
      panels: [
        lines({
          title: 'Time of a group commit',
          description: 'What a client waits for after its final dot, most of the time.',
          unit: 's',
          queries: quantiles('staffetta_log_group_seconds'),
        }),
        lines({
          title: 'Appends in a group',
          description: 'Few: each message pays for its own commit. Many: the log is what limits.',
          unit: 'short',
          queries: quantiles('staffetta_log_group_appends'),
        }),
      ],
    },
  ],
});
