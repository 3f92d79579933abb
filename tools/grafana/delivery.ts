import { dashboard, lines, own, quantiles, rate } from './panels.ts';

export const delivery = dashboard({
  uid: 'staffetta-delivery',
  title: 'Delivery',
  description: 'The delivery workers: what they have in memory, on the wire and settled.',
  rows: [
    {
      title: 'Outcomes',
      panels: [
        lines({
          title: 'Recipients by outcome',
          description: 'What attempts brought.',
          unit: 'cps',
          queries: { '{{outcome}}': rate('staffetta_delivery_recipients_total', ['outcome']) },
        }),
        lines({
          title: 'Time to delivery, not bulk',
          description: 'From our 250 to the remote 250.',
          unit: 's',
          queries: quantiles('staffetta_delivery_latency_seconds', 'class="normal"'),
        }),
        lines({
          title: 'Time to delivery, bulk',
          description: 'From our 250 to the remote 250.',
          unit: 's',
          queries: quantiles('staffetta_delivery_latency_seconds', 'class="bulk"'),
        }),
        lines({
          title: 'Late',
          description:
            'Share of what is not bulk that was delivered after 5 minutes; the objective is 5 %.',
          unit: 'percentunit',
          queries: {
            '5 min': 'staffetta:delivery_slow:ratio_rate5m',
            '1 h': 'staffetta:delivery_slow:ratio_rate1h',
            '6 h': 'staffetta:delivery_slow:ratio_rate6h',
          },
        }),
        lines({
          title: 'Delivered by worker',
          description: 'Recipients a second of each delivery worker.',
          unit: 'cps',
          queries: {
            '{{instance}}': rate(
              'staffetta_delivery_recipients_total',
              ['instance'],
              'outcome="delivered"',
            ),
          },
        }),
      ],
    },
    {
      title: 'Workers',
      panels: [
        lines({
          title: 'Connections out',
          description: 'Open connections to other servers; at most delivery.connectionsMax each.',
          unit: 'short',
          queries: { '{{instance}}': own('staffetta_delivery_connections') },
        }),
        lines({
          title: 'Messages in memory',
          description: 'Ready or on the wire.',
          unit: 'short',
          queries: { '{{instance}}': own('staffetta_delivery_ready_messages') },
        }),
        lines({
          title: 'Memory used',
          description: 'Octets counted against delivery.memoryBytes.',
          unit: 'bytes',
          queries: { '{{instance}}': own('staffetta_delivery_memory_bytes') },
        }),
        lines({
          title: 'Time of a flush',
          description: 'Settlements of all lanes of a worker, in one transaction.',
          unit: 's',
          queries: quantiles('staffetta_delivery_flush_seconds'),
        }),
        lines({
          title: 'Lanes held',
          description: 'Of outbound mail, by worker: as even as they come.',
          unit: 'short',
          queries: { '{{instance}}': own('staffetta_lanes_held', 'topic="outbound"') },
        }),
      ],
    },
    {
      title: 'Resolver',
      panels: [
        lines({
          title: 'Questions of callers',
          description: 'Answered from what is kept, or asked of the DNS.',
          unit: 'cps',
          queries: { '{{result}}': rate('staffetta_resolver_lookups_total', ['result']) },
        }),
        lines({
          title: 'Kept',
          description: 'Domains and record sets in memory.',
          unit: 'short',
          queries: { '{{instance}}': own('staffetta_resolver_entries') },
        }),
      ],
    },
  ],
});
