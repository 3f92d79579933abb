/** The server's side of one SMTP session, without limits or mercy: what a sink of the harness speaks. */
import type { Socket } from 'node:net';

const KEPT_MAX_BYTES = 64 * 1024;
const EHLO_REPLY = '250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n';

export interface SinkMessage {
  /** The beginning of the content, in latin1. */
  readonly text: string;
  /** The name that the client greeted with. */
  readonly ehlo: string;
}

export interface SinkBehaviour {
  /** The reply to the final dot, which is sent when `delayMs` is over. */
  onMessage(message: SinkMessage): string;
  /** The reply to RCPT; positive when absent. */
  onRecipient?(address: string): string;
  readonly delayMs?: number;
  /** How much of the content it is told of. */
  readonly keptMaxBytes?: number;
}

export const ACCEPTED = '250 2.0.0 Ok';

export function serveSink(socket: Socket, behaviour: SinkBehaviour): void {
  const { delayMs = 0, keptMaxBytes = KEPT_MAX_BYTES } = behaviour;
  let pending = '';
  let isData = false;
  let ehlo = '';
  let recipients = 0;
  const answer = (line: string): string => {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') {
      ehlo = line.slice(5).trim();
      return EHLO_REPLY;
    }
    if (verb === 'MAIL' || verb === 'RSET') recipients = 0;
    if (verb === 'RCPT') {
      const reply = behaviour.onRecipient?.(/<(.*?)>/.exec(line)?.[1] ?? '') ?? ACCEPTED;
      if (reply.startsWith('2')) recipients += 1;
      return `${reply}\r\n`;
    }
    if (verb === 'DATA' && recipients === 0) return '554 5.5.1 No recipients\r\n';
    if (verb === 'DATA') isData = true;
    if (verb === 'DATA') return '354 Go on\r\n';
    return verb === 'QUIT' ? '221 2.0.0 Bye\r\n' : `${ACCEPTED}\r\n`;
  };
  const takeLine = (): boolean => {
    const end = pending.indexOf('\r\n');
    if (end < 0) return false;
    const line = pending.slice(0, end);
    pending = pending.slice(end + 2);
    socket.write(answer(line));
    if (/^QUIT/i.test(line)) socket.end();
    return true;
  };
  const takeContent = (): boolean => {
    const end = pending.indexOf('\r\n.\r\n');
    if (end < 0) return false;
    const text = pending.slice(0, Math.min(end + 2, keptMaxBytes));
    pending = pending.slice(end + 5);
    isData = false;
    const reply = `${behaviour.onMessage({ text, ehlo })}\r\n`;
    if (delayMs === 0) socket.write(reply);
    else setTimeout(() => socket.write(reply), delayMs);
    return true;
  };
  // A sender that is killed resets its connections.
  socket.on('error', () => socket.destroy());
  socket.setNoDelay(true);
  socket.write('220 sink.test ESMTP\r\n');
  socket.on('data', (chunk: Buffer) => {
    pending += chunk.toString('latin1');
    while (isData ? takeContent() : takeLine());
  });
}

const ID = /^X-Id: (.+?)\r$/m;

/** The `X-Id` field of the header: a DSN carries the fields of another message in its body. */
export function idOf({ text }: SinkMessage): string | undefined {
  return ID.exec(text.slice(0, text.indexOf('\r\n\r\n') + 2))?.[1];
}

/** The `X-Id` field of the message that a DSN tells of. */
export function idInBody({ text }: SinkMessage): string | undefined {
  return ID.exec(text.slice(text.indexOf('\r\n\r\n') + 2))?.[1];
}
