import { dashboard, lines, own, quantiles, rate, seen } from './panels.ts';

export const mailbox = dashboard({
  uid: 'staffetta-mailbox',
  title: 'Mailbox',
  description: 'Local delivery, LMTP, IMAP and POP3.',
  rows: [
    {
      title: 'Local delivery',
      panels: [
        lines({
          title: 'Time to the mailbox',
          description: 'From the 250 to the commit in the mailbox.',
          unit: 's',
          queries: quantiles('staffetta_mailbox_delivery_latency_seconds'),
        }),
        lines({
          title: 'Delivered',
          description: 'Copies stored a second.',
          unit: 'cps',
          queries: { copies: rate('staffetta_mailbox_transaction_copies_sum') },
        }),
        lines({
          title: 'Copies in a transaction',
          description: 'Few: little to do, or a mailbox that many wait for.',
          unit: 'short',
          queries: quantiles('staffetta_mailbox_transaction_copies'),
        }),
        lines({
          title: 'No such mailbox',
          description: 'Recipients whose mailbox was gone when their mail came to it.',
          unit: 'cps',
          queries: { recipients: rate('staffetta_mailbox_refused_recipients_total') },
        }),
        lines({
          title: 'LMTP',
          description: 'Recipients that got 250 by LMTP.',
          unit: 'cps',
          queries: { recipients: rate('staffetta_mailbox_lmtp_recipients_total') },
        }),
        lines({
          title: 'Lag of local mail',
          description: 'Age of the oldest record for a mailbox that is not stored.',
          unit: 's',
          queries: { age: seen('staffetta_log_lag_oldest_age_seconds', [], 'topic="local"') },
        }),
      ],
    },
    {
      title: 'Readers',
      panels: [
        lines({
          title: 'Connections',
          description: 'Open connections by listener.',
          unit: 'short',
          queries: {
            '{{listener}}': `sum by (listener) (${own('staffetta_mailbox_connections')})`,
          },
        }),
        lines({
          title: 'Lanes held',
          description: 'Of local mail, by process.',
          unit: 'short',
          queries: { '{{instance}}': own('staffetta_lanes_held', 'topic="local"') },
        }),
      ],
    },
  ],
});
