import { MemoryBudget, noTracer } from '@staffetta/core';
import type {
  Clock,
  Directory,
  ListenSmtp,
  Log,
  SmtpAnswer,
  SmtpListener,
  SmtpProxyOptions,
  SmtpSessionHandler,
  SmtpSessionInfo,
  TlsIdentity,
  Tracer,
} from '@staffetta/core';
import { ANSWERS } from './answers.ts';
import { ConnectionTable } from './connection-table.ts';
import { refuse } from './context.ts';
import type { IngressContext } from './context.ts';
import { LoginDelay } from './login-delay.ts';
import { MxSession } from './mx-session.ts';
import type { AcceptsMail, Door, IngressMetrics, IngressOptions, Way } from './options.ts';
import { Networks } from './peer-group.ts';
import { SubmissionSession } from './submission-session.ts';
import type { MailSubmitter } from './submitter.ts';

const DOORS: readonly Door[] = ['mx', 'submission', 'submissions'];
const WAYS: readonly Way[] = ['direct', 'proxy'];

/** What ingress works with. */
export interface IngressParts {
  readonly log: Log;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly listen: ListenSmtp;
  readonly options: IngressOptions;
  readonly tls: TlsIdentity;
  readonly metrics: IngressMetrics;
  readonly acceptsMail: AcceptsMail;
  /** Absent: no traces. */
  readonly tracer?: Tracer;
  readonly onError: (error: Error) => void;
}

/** The SMTP doors. */
export interface Ingress {
  /** Opens all doors, or none: rejects as ListenSmtp does, with the `door` on the error. */
  start(): Promise<void>;
  addresses(door: Door, way?: Way): readonly { readonly host: string; readonly port: number }[];
  setTls(tls: TlsIdentity): void;
  /** Closes the doors; see SmtpListener.drain. */
  drain(timeoutMs: number): Promise<void>;
}

/** Makes the SMTP doors: MX, submission with STARTTLS, submissions with TLS from the start. Throws on a bad network. */
export function createIngress(parts: IngressParts): Ingress {
  const { options, metrics } = parts;
  const { tracer = noTracer } = parts;
  const context: IngressContext = { ...parts, tracer, logins: new LoginDelay(parts.clock) };
  const memory = new MemoryBudget(options.memoryBytes);
  const connections = new ConnectionTable(options.connectionsPerAddressMax, options.connectionsMax);
  const networks = new Networks(options.relayNetworks);
  const network: MailSubmitter = { kind: 'network', tenantId: options.relayTenant, bulk: false };
  const proxies = new Networks(options.proxyNetworks);
  const proxy: SmtpProxyOptions = {
    trusts: (address) => proxies.has(address),
    timeoutMs: options.proxyTimeoutMs,
  };
  const listeners = new Map<`${Way} ${Door}`, SmtpListener>();

  function open(door: Door, info: SmtpSessionInfo): SmtpSessionHandler | SmtpAnswer {
    const { remoteAddress } = info;
    const room = connections.open(remoteAddress);
    if (room !== 'ok') {
      const answer = room === 'peer' ? ANSWERS.tooManyConnections : ANSWERS.full;
      return refuse(context, door, 'connections', answer);
    }
    metrics.opened(door);
    const onClose = (): void => {
      connections.close(remoteAddress);
      metrics.closed(door);
    };
    const submitter = networks.has(remoteAddress) ? network : undefined;
    return door === 'mx'
      ? new MxSession(context, info, submitter, onClose)
      : new SubmissionSession(context, door, info, submitter, onClose);
  }

  function listen(door: Door, way: Way, port: number): Promise<SmtpListener> {
    return parts.listen({
      protocol: 'smtp',
      hosts: options.hosts,
      port,
      hostname: options.hostname,
      implicitTls: door === 'submissions',
      tls: parts.tls,
      ...(way === 'proxy' && { proxy }),
      limits: options,
      memory,
      open: (info) => open(door, info),
      onError: parts.onError,
    });
  }

  async function drain(timeoutMs: number): Promise<void> {
    await Promise.all([...listeners.values()].map((listener) => listener.drain(timeoutMs)));
  }

  return {
    async start() {
      for (const way of WAYS) {
        for (const door of DOORS) {
          const port = (way === 'proxy' ? options.proxyPorts : options.ports)[door];
          if (port === undefined) continue;
          try {
            listeners.set(`${way} ${door}`, await listen(door, way, port));
          } catch (error) {
            await drain(0);
            throw Object.assign(error as Error, { door });
          }
        }
      }
    },
    addresses: (door, way = 'direct') => listeners.get(`${way} ${door}`)?.addresses ?? [],
    setTls(tls) {
      for (const listener of listeners.values()) listener.setTls(tls);
    },
    drain,
  };
}
