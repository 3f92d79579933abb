import type { Context } from '@staffetta/composition-context';
import { systemClock } from '@staffetta/core';
import type { Connection, MailStore, MemoryBudget } from '@staffetta/core';
import { AccountAuthenticator, ImapSession, Pop3Session } from '@staffetta/service-mailbox';
import type { SessionOptions } from '@staffetta/service-mailbox';
import { listenTcp } from '@staffetta/tcp-listener';
import type { ServedSession, TcpListenerOptions } from '@staffetta/tcp-listener';
import type { Door } from './door.ts';

/** What sessions share. */
export interface ReaderParts {
  readonly mailStore: MailStore;
  readonly memory: MemoryBudget;
  onError(error: unknown): void;
}

interface Protocol {
  readonly doors: readonly (readonly [name: Door['name'], port: number, implicitTls: boolean])[];
  readonly connectionsMax: number;
  readonly refusal: string;
  open(connection: Connection): ServedSession;
}

/** Opens IMAP and POP3, each on its plain and its TLS port; port 0 leaves one out. What is open is in `opened`. */
export async function openReaders(
  context: Context,
  { mailStore, memory, onError }: ReaderParts,
  opened: Door[],
): Promise<void> {
  const { imap, pop3, smtp } = context.config;
  const shared: SessionOptions = {
    store: mailStore,
    authenticator: new AccountAuthenticator(context.parts.directory, systemClock),
    hostname: context.hostname,
    appendMaxBytes: smtp.sizeBytes,
    ...{ memory, onError },
  };
  const imapOptions = { ...shared, idleTimeoutMs: imap.idleMs };
  const pop3Options = { ...shared, idleTimeoutMs: pop3.idleMs };
  await openProtocol(context, opened, {
    doors: [
      ['imap', imap.port, false],
      ['imaps', imap.tlsPort, true],
    ],
    connectionsMax: imap.connectionsMax,
    refusal: '* BYE Too many connections\r\n',
    open: (connection) => new ImapSession(connection, imapOptions),
  });
  await openProtocol(context, opened, {
    doors: [
      ['pop3', pop3.port, false],
      ['pop3s', pop3.tlsPort, true],
    ],
    connectionsMax: pop3.connectionsMax,
    refusal: '-ERR [SYS/TEMP] Too many connections\r\n',
    open: (connection) => new Pop3Session(connection, pop3Options),
  });
}

async function openProtocol(context: Context, opened: Door[], protocol: Protocol): Promise<void> {
  const { config, parts } = context;
  const own: Door[] = [];
  const options: Omit<TcpListenerOptions, 'port' | 'implicitTls'> = {
    hosts: config.listen,
    tls: parts.certificate.current,
    connectionsMax: protocol.connectionsMax,
    connectionsPerAddressMax: config.smtp.connectionsPerAddressMax,
    refusal: protocol.refusal,
    open: (connection) => {
      // The limit is of both doors.
      const count = own.reduce((sum, { listener }) => sum + listener.connections, 0);
      return count > protocol.connectionsMax
        ? refusing(connection, protocol.refusal)
        : protocol.open(connection);
    },
  };
  for (const [name, port, implicitTls] of protocol.doors) {
    if (port === 0) continue;
    const listener = await listenTcp({ ...options, port, implicitTls });
    context.onCertificate((renewed) => listener.setTls(renewed));
    const door = { name, listener };
    own.push(door);
    opened.push(door);
  }
}

function refusing(connection: Connection, refusal: string): ServedSession {
  return {
    run: async () => {
      connection.stream.write(refusal);
    },
    drain: () => undefined,
  };
}
