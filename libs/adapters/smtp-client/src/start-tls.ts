import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect, createSecureContext } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { SmtpTarget } from '@staffetta/core';
import type { Wire } from './wire.ts';

/** One context for all connections: making one reads every trusted certificate. */
export function clientContext(authorities: readonly string[] | undefined): SecureContext {
  return createSecureContext(authorities === undefined ? {} : { ca: [...authorities] });
}

/** The handshake; gives version and cipher, or why it failed (the wire is then lost). */
export function startTls(
  wire: Wire,
  target: SmtpTarget,
  context: SecureContext,
  timeoutMs: number,
): Promise<{ readonly tls: string } | { readonly failed: string }> {
  return new Promise((resolve) => {
    wire.expect('TLS handshake', timeoutMs);
    wire.upgrade((plain) => {
      const secure = overTls(plain, target, context);
      secure.once('secureConnect', () => {
        wire.read(undefined);
        wire.rest();
        resolve({ tls: `${secure.getProtocol()} ${secure.getCipher().standardName}` });
      });
      return secure;
    });
    wire.read({
      onReply: () => undefined,
      onLost: (failed) => resolve({ failed }),
    });
  });
}

function overTls(socket: Socket, target: SmtpTarget, secureContext: SecureContext): TLSSocket {
  const name = target.host.replace(/\.$/, '');
  return connect({
    socket,
    host: name,
    // Opportunistic TLS protects against listeners only; a certificate that nobody checks cannot fail (RFC 7435).
    rejectUnauthorized: target.tls === 'required',
    secureContext,
    ...(isIP(name) === 0 && name !== '' ? { servername: name } : {}),
  });
}
