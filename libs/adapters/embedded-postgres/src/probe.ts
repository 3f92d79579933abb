import { connect } from 'node:net';
import { DATABASE } from './cluster.ts';

/** Whether somebody answers at a socket, and how. */
export type ProbeAnswer = 'serving' | 'not yet' | 'nobody';

const PROBE_TIMEOUT_MS = 2_000;
const PROTOCOL_VERSION_3 = 196_608;
const REPLY_MAX_BYTES = 4_096;
/** cannot_connect_now: starting, recovering or stopping. */
const CANNOT_CONNECT_NOW = '57P03';

/** Asks to connect as a client does (PostgreSQL's protocol, version 3) and hangs up at the first reply. */
export function probeServer(socketPath: string): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let reply = Buffer.alloc(0);
    const answer = (value: ProbeAnswer): void => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => answer('not yet'));
    socket.once('connect', () => socket.write(startupMessage()));
    socket.on('data', (part) => {
      reply = Buffer.concat([reply, part]);
      const value = judgeReply(reply);
      if (value) answer(value);
      else if (reply.length > REPLY_MAX_BYTES) answer('not yet');
    });
    socket.once('error', () => answer('nobody'));
    socket.once('close', () => answer('not yet'));
  });
}

/** What the bytes say; undefined while they are not a whole message. */
export function judgeReply(reply: Buffer): ProbeAnswer | undefined {
  const type = String.fromCharCode(reply[0] ?? 0);
  // It asks for the password, so it takes connections.
  if (type === 'R') return 'serving';
  if (type !== 'E') return reply.length === 0 ? undefined : 'not yet';
  if (reply.length < 5 || reply.length < 1 + reply.readUInt32BE(1)) return undefined;
  const fields = reply.toString('utf8', 5).split('\0');
  return fields.includes(`C${CANNOT_CONNECT_NOW}`) ? 'not yet' : 'serving';
}

function startupMessage(): Buffer {
  const body = Buffer.from(`user\0${DATABASE}\0database\0${DATABASE}\0\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(head.length + body.length, 0);
  head.writeUInt32BE(PROTOCOL_VERSION_3, 4);
  return Buffer.concat([head, body]);
}
