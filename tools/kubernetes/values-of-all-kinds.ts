/** Values with which the chart makes every kind that it can make. */
export const VALUES_OF_ALL_KINDS = {
  hostname: 'mx.example.com',
  database: { existingSecret: 'mail-database' },
  operator: { existingSecret: 'mail-operator' },
  web: {
    apiHost: 'api.example.com',
    dashboardHost: 'mail.example.com',
    ingress: { enabled: true, className: 'outside' },
    gateway: { enabled: true, parentRefs: [{ name: 'outside' }] },
  },
  doors: { proxyMx: true, proxySubmission: true, proxySubmissions: true },
  config: { smtp: { proxyNetworks: ['10.0.0.0/8'] } },
  networkPolicy: { proxyFrom: [{ podSelector: { matchLabels: { app: 'balancer' } } }] },
  tls: { certManager: { enabled: true, issuerName: 'letters' } },
  podMonitor: { enabled: true },
  prometheusRule: { enabled: true },
  dashboards: { enabled: true },
  services: {
    ingress: { autoscaling: { enabled: true } },
    delivery: { autoscaling: { enabled: true, prometheusAddress: 'http://p:9090' } },
  },
};
