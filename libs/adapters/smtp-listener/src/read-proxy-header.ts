import type { Socket } from 'node:net';
import type { SmtpProxyOptions } from '@staffetta/core';
import { parseProxyHeader } from '@staffetta/proxy-protocol';

/** Whether a connection may go on, and whose it is: undefined where the peer speaks for itself. */
export type ProxiedPeer =
  { readonly kind: 'accepted'; readonly client: string | undefined } | { readonly kind: 'refused' };

const REFUSED: ProxiedPeer = { kind: 'refused' };

/** Takes the PROXY header off a new socket and leaves what follows it there; destroys a socket that it refuses. */
export async function readProxyHeader(
  socket: Socket,
  { trusts, timeoutMs }: SmtpProxyOptions,
): Promise<ProxiedPeer> {
  // Its end is noticed; without a listener an error would end the process.
  socket.on('error', () => {});
  const isTrusted = trusts(socket.remoteAddress?.replace(/%.*/, '') ?? '');
  const peer = isTrusted ? await readWithin(socket, timeoutMs) : REFUSED;
  if (peer.kind === 'refused') socket.destroy();
  return peer;
}

function readWithin(socket: Socket, timeoutMs: number): Promise<ProxiedPeer> {
  return new Promise((resolve) => {
    // The parser wants no more than HEADER_MAX_BYTES before it has an answer.
    let received: Buffer = Buffer.alloc(0);
    const settle = (peer: ProxiedPeer): void => {
      clearTimeout(timer);
      socket.off('readable', read).off('end', refuse).off('close', refuse);
      resolve(peer);
    };
    const refuse = (): void => settle(REFUSED);
    const read = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      received = Buffer.concat([received, chunk]);
      const header = parseProxyHeader(received);
      if (header.kind === 'incomplete') return;
      if (header.kind === 'invalid') {
        refuse();
        return;
      }
      if (header.sizeBytes < received.length) socket.unshift(received.subarray(header.sizeBytes));
      settle({ kind: 'accepted', client: header.client });
    };
    // From the beginning to the end: a peer that sends an octet now and then does not move it.
    const timer = setTimeout(refuse, timeoutMs);
    socket.on('readable', read).on('end', refuse).on('close', refuse);
  });
}
