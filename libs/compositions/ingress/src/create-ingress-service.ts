import { chooseDoorDirectory } from '@staffetta/composition-context';
import type { Context } from '@staffetta/composition-context';
import { systemClock } from '@staffetta/core';
import type { Metrics, Service } from '@staffetta/platform';
import { INGRESS_DEFAULTS, createIngress } from '@staffetta/service-ingress';
import type { IngressMetrics, IngressOptions } from '@staffetta/service-ingress';
import { listenSmtp } from '@staffetta/smtp-listener';

/** The SMTP doors on the log and the directory of the context. */
export async function createIngressService(context: Context): Promise<Service> {
  const { config, logger } = context;
  const { log, certificate } = context.parts;
  const directory = await chooseDoorDirectory(context);
  const { smtp } = config;
  const ingress = createIngress({
    log,
    directory,
    clock: systemClock,
    listen: listenSmtp,
    tls: certificate.current,
    metrics: ingressMetrics(context.metrics),
    acceptsMail: context.acceptsMail,
    tracer: context.tracer,
    onError: (error) => logger.warn({ err: error }, 'an SMTP session met an error'),
    options: {
      ...INGRESS_DEFAULTS,
      ...smtp,
      hostname: context.hostname,
      hosts: config.listen,
      ports: doors(smtp.mxPort, smtp.submissionPort, smtp.submissionsPort),
      proxyPorts: doors(smtp.proxyMxPort, smtp.proxySubmissionPort, smtp.proxySubmissionsPort),
      idleTimeoutMs: smtp.idleMs,
      expiresMs: config.delivery.expiresMs,
    },
  });
  context.onCertificate((renewed) => ingress.setTls(renewed));
  let listening = false;
  return {
    name: 'ingress',
    async start() {
      await ingress.start();
      listening = true;
    },
    ready: () => listening,
    drain: () => ingress.drain(config.drainMs),
    async stop() {},
  };
}

/** Port 0 turns a door off. */
function doors(mx: number, submission: number, submissions: number): IngressOptions['ports'] {
  return {
    mx: mx || undefined,
    submission: submission || undefined,
    submissions: submissions || undefined,
  };
}

function ingressMetrics(metrics: Metrics): IngressMetrics {
  const connections = metrics.gauge({
    name: 'staffetta_ingress_connections',
    help: 'Open SMTP connections by listener.',
    labels: ['listener'],
  });
  const recipients = metrics.counter({
    name: 'staffetta_ingress_accepted_recipients_total',
    help: 'Recipients of messages that got 250.',
    labels: ['listener'],
  });
  const messages = metrics.counter({
    name: 'staffetta_ingress_accepted_messages_total',
    help: 'Messages that got 250.',
    labels: ['listener'],
  });
  const bytes = metrics.counter({
    name: 'staffetta_ingress_accepted_bytes_total',
    help: 'Octets of messages that got 250.',
    labels: ['listener'],
  });
  const refused = metrics.counter({
    name: 'staffetta_ingress_refused_total',
    help: 'Refusals by reason.',
    labels: ['listener', 'reason'],
  });
  const logins = metrics.counter({
    name: 'staffetta_ingress_logins_total',
    help: 'AUTH by outcome.',
    labels: ['listener', 'outcome'],
  });
  return {
    opened: (listener) => connections.inc({ listener }),
    closed: (listener) => connections.dec({ listener }),
    accepted(listener, count, sizeBytes) {
      messages.inc({ listener });
      recipients.inc({ listener }, count);
      bytes.inc({ listener }, sizeBytes);
    },
    refused: (listener, reason) => refused.inc({ listener, reason }),
    login: (listener, ok) => logins.inc({ listener, outcome: ok ? 'ok' : 'refused' }),
  };
}
