import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SmtpListenerOptions, TlsIdentity } from '@staffetta/core';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerAuthentication, SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { ListenerConnection, TLS_HANDSHAKE_MS } from './connection.ts';
import { readProxyHeader } from './read-proxy-header.ts';

/** Implicit TLS and PROXY headers: handshakes under way at once; beyond them sockets are dropped. */
const HANDSHAKES_MAX = 2_000;

/** smtp-server with our own connections in place of its own. */
export class ListenerServer extends SMTPServer {
  readonly listenerOptions: SmtpListenerOptions;
  /** Connections whose socket is open, those told to go included. */
  readonly live = new Set<ListenerConnection>();
  #onLastGone: () => void = () => {};
  readonly #bySession = new WeakMap<object, ListenerConnection>();
  #draining = false;

  constructor(options: SmtpListenerOptions) {
    super(serverOptions(options));
    this.listenerOptions = options;
    // Of a listening server: TLS handshakes that failed.
    this.on('error', () => {});
  }

  override connect(socket: Socket | TLSSocket, socketOptions?: SMTPConnectionOptions | null): void {
    const connection = new ListenerConnection(this, socket, socketOptions);
    this.connections.add(connection);
    this.live.add(connection);
    this.#bySession.set(connection.session, connection);
    connection.init();
    if (this.#draining) connection.drain();
  }

  /** Implicit TLS: a peer that leaves during the handshake is noticed by nobody else. */
  override _upgrade(socket: Socket, callback: Parameters<SMTPServer['_upgrade']>[1]): void {
    super._upgrade(socket, callback);
    setTimeout(() => this._pendingSockets.get(socket)?.destroy(), TLS_HANDSHAKE_MS).unref();
  }

  /** Asked by smtp-server's SASL exchanges; the connection gives the answer its own words. */
  override onAuth(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
    callback: (error: Error | null, response?: { user: string }) => void,
  ): void {
    const user = auth.username ?? '';
    const connection = this.#bySession.get(session)!;
    // RFC 4616: nobody acts for somebody else here.
    const acting = auth.authzid && auth.authcid && auth.authzid !== auth.authcid;
    void connection
      .authenticate(user, acting ? '' : (auth.password ?? ''))
      .then((known) => callback(null, known ? { user } : { user: '' }));
  }

  /** Until its header is in, a socket is one of those whose handshake is under way. */
  override _expectsProxyHeader(_socket: Socket): boolean {
    return this.listenerOptions.proxy !== undefined;
  }

  /** Nobody looks at connection ids. */
  override _handleProxy(
    socket: Socket,
    callback: (error: Error | null, socketOptions: SMTPConnectionOptions & { id: string }) => void,
  ): void {
    const { proxy } = this.listenerOptions;
    if (!proxy) {
      callback(null, { id: '-' });
      return;
    }
    void readProxyHeader(socket, proxy).then((peer) => {
      if (peer.kind === 'accepted') callback(null, { id: '-', remoteAddress: peer.client });
      else callback(new Error('no PROXY header'), { id: '-' });
    });
  }

  /** The socket of a connection has closed. */
  gone(connection: ListenerConnection): void {
    this.live.delete(connection);
    if (this.live.size === 0) this.#onLastGone();
  }

  setTls(tls: TlsIdentity): void {
    this.updateSecureContext(tls);
  }

  /** Takes no more connections and asks those there to end; resolves when all are gone, after the time-out by force. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const gone = new Promise<void>((resolve) => {
      this.#onLastGone = resolve;
      if (this.live.size === 0) resolve();
    });
    for (const socket of this._pendingSockets.values()) socket.destroy();
    for (const connection of this.live) connection.drain();
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      for (const connection of this.live) connection.destroy();
      timeout.resolve();
    }, timeoutMs);
    await Promise.race([Promise.all([closed, gone]), timeout.promise]);
    clearTimeout(timer);
  }
}

function serverOptions(options: SmtpListenerOptions): SMTPServerOptions & { allowHalfOpen: true } {
  return {
    secure: options.implicitTls,
    ...(options.tls && { cert: options.tls.cert, key: options.tls.key }),
    lmtp: options.protocol === 'lmtp',
    name: options.hostname,
    logger: false,
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    socketTimeout: options.limits.idleTimeoutMs,
    maxClients: HANDSHAKES_MAX,
    // A peer that sends all at once and closes its side still gets its answers.
    allowHalfOpen: true,
    authMethods: ['PLAIN', 'LOGIN'],
  };
}
