import { connect } from 'node:net';
import type { DnsServer } from './dns-server.ts';

const LENGTH_BYTES = 2;

/**
 * Puts one query over a connection of its own (RFC 7766) and calls back once, with the first message or the error.
 * Calling what is returned ends it without a call.
 */
export function askByTcp(
  server: DnsServer,
  query: Buffer,
  timeoutMs: number,
  done: (result: Buffer | Error) => void,
): () => void {
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  const chunks: Buffer[] = [];
  let received = 0;
  let over = false;
  const finish = (result: Buffer | Error): void => {
    if (over) return;
    cancel();
    done(result);
  };
  const cancel = (): void => {
    over = true;
    clearTimeout(timer);
    socket.destroy();
  };
  const timer = setTimeout(() => finish(new Error('no answer by TCP in time')), timeoutMs);
  socket.on('error', finish);
  socket.on('close', () => finish(new Error('connection closed without an answer')));
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    received += chunk.length;
    const message = received < LENGTH_BYTES ? undefined : framedMessage(chunks, received);
    if (message) finish(message);
  });
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(query.length);
  socket.write(Buffer.concat([length, query]));
  return cancel;
}

/** The whole message once it is there: at most 65,535 octets, as the length says. */
function framedMessage(chunks: Buffer[], received: number): Buffer | undefined {
  const head = chunks[0] as Buffer;
  const length =
    head.length >= LENGTH_BYTES ? head.readUInt16BE(0) : Buffer.concat(chunks).readUInt16BE(0);
  if (received < LENGTH_BYTES + length) return undefined;
  return Buffer.concat(chunks).subarray(LENGTH_BYTES, LENGTH_BYTES + length);
}
