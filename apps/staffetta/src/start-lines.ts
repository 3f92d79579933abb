import type { Context } from '@staffetta/composition-context';
import { VERSION } from '@staffetta/composition-context';
import type { FirstOperator } from '@staffetta/composition-dashboard';
import { formatHostPort } from '@staffetta/platform';
import type { ServiceName } from '@staffetta/platform';

/** What a start says on stdout, in under 25 lines: where each door is, how to log in, what to type next. */
export function startLines(
  context: Context,
  services: readonly ServiceName[],
  operator: FirstOperator,
): readonly string[] {
  const { config } = context;
  const { embedded, certificate } = context.parts;
  const { selfSigned } = certificate.current;
  const has = (name: ServiceName): boolean => services.includes(name);
  const notes = [
    ...(embedded?.moved ? [embedded.moved] : []),
    ...(config.hostname ? [] : [`hostname is not set: EHLO says ${context.hostname}`]),
    ...(selfSigned ? ['the TLS certificate is self-signed (tls.certFile, tls.keyFile)'] : []),
    ...(context.parts.storage.full ? ['the disk is nearly full: no mail is taken'] : []),
  ];
  return [
    `Staffetta ${VERSION} is ready: ${services.join(', ')}`,
    ...doors(context, has),
    ...login(operator),
    ...notes.map((note) => `  note         ${note}`),
    ...(has('dashboard') ? ['Next: npx --no staffetta domain add example.org --local'] : []),
  ];
}

function doors({ config }: Context, has: (name: ServiceName) => boolean): string[] {
  const { smtp, imap, pop3, lmtp, api, dashboard, telemetry } = config;
  const ports: readonly (readonly [ServiceName, string, ...number[]])[] = [
    ['ingress', 'SMTP (MX)', smtp.mxPort],
    ['ingress', 'submission', smtp.submissionPort, smtp.submissionsPort],
    ['ingress', 'by PROXY', smtp.proxyMxPort, smtp.proxySubmissionPort, smtp.proxySubmissionsPort],
    ['mailbox', 'IMAP', imap.port, imap.tlsPort],
    ['mailbox', 'POP3', pop3.port, pop3.tlsPort],
    ['mailbox', 'LMTP', lmtp.port],
  ];
  const host = config.listen[0] ?? '127.0.0.1';
  const at = (port: number): string => formatHostPort({ host, port });
  const web: readonly (readonly [boolean, string, string, number])[] = [
    [has('api'), 'email API', '/api/v1', api.port],
    [has('dashboard'), 'dashboard', '/', dashboard.port],
    [true, 'telemetry', '/metrics', telemetry.port],
  ];
  return [
    ...ports.flatMap(([service, name, ...numbers]) => {
      const open = numbers.filter((port) => port > 0);
      if (!has(service) || open.length === 0) return [];
      return [`  ${name.padEnd(12)} ${open.map(at).join(', ')}`];
    }),
    ...web.flatMap(([on, name, path, port]) =>
      on && port > 0 ? [`  ${name.padEnd(12)} http://${at(port)}${path}`] : [],
    ),
  ];
}

function login(operator: FirstOperator): string[] {
  switch (operator.kind) {
    case 'shown':
      return [`  log in       ${operator.name}, password ${operator.password} (shown once)`];
    case 'kept':
      return [`  log in       ${operator.name}, password in ${operator.file}`];
    case 'configured':
      return [`  log in       ${operator.name}, password from dashboard.adminPasswordFile`];
    case 'exists':
      return [];
  }
}
