/** One session that a server must survive: what is sent is random, repeatable by its seed. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { TLSSocket, connect as connectTls } from 'node:tls';

/** A small generator of numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = () => number;

export type Protocol = 'smtp' | 'lmtp' | 'imap' | 'pop3';

const RANDOM_MAX_BYTES = 20_000;
const ENDLESS_CHUNK_BYTES = 64 * 1024;
const ENDLESS_CHUNKS = 160;
const PATIENCE_MS = 300;
const WORDS_MAX = 12;

const COMMANDS: { readonly [protocol in Protocol]: readonly string[] } = {
  smtp: [
    ...[
      'EHLO x',
      'HELO',
      'MAIL FROM:<a@load.test>',
      'MAIL FROM:<> SIZE=99999999999',
      'RCPT TO:<alice@local.test>',
    ],
    ...[
      'RCPT TO:<@a,@b:c@d>',
      'DATA',
      'BDAT 100',
      'RSET',
      'NOOP',
      'VRFY x',
      'STARTTLS',
      'AUTH PLAIN',
      'AUTH LOGIN',
    ],
    ...[
      'XCLIENT ADDR=1',
      'QUIT',
      '.',
      '..',
      'MAIL FROM:<ä@ö> SMTPUTF8',
      'HELP',
      'RCPT TO:<"a b"@local.test>',
    ],
  ],
  lmtp: [
    ...[
      'LHLO x',
      'EHLO x',
      'MAIL FROM:<a@load.test>',
      'RCPT TO:<alice@local.test>',
      'RCPT TO:<no@local.test>',
    ],
    ...['DATA', '.', 'RSET', 'NOOP', 'QUIT', 'STARTTLS'],
  ],
  imap: [
    ...[
      'a CAPABILITY',
      'b LOGIN alice@local.test alice-secret-1',
      'c SELECT INBOX',
      'd FETCH 1:* (FLAGS BODY[]<0.9>)',
    ],
    ...[
      'e LOGIN {99999999999}',
      'f APPEND INBOX {1000000000}',
      'g SEARCH OR OR OR',
      'h STORE 1:* +FLAGS (\\Deleted)',
    ],
    ...[
      'i LIST "" "*"',
      'j IDLE',
      'DONE',
      'k UID FETCH 4294967295:* BODYSTRUCTURE',
      'l COPY * INBOX',
      'm (((((((',
    ],
    ...[
      'n CREATE "\\"',
      'o AUTHENTICATE PLAIN',
      'p FETCH 1 BODY[1.1.1.1.1.1.HEADER.FIELDS (x)]',
      'q STARTTLS',
      'r LOGOUT',
    ],
    ...[
      's SEARCH UID 1:4294967295 NOT NOT NOT ALL',
      't ENABLE X',
      'u LIST () "" (%',
      'v LOGIN {5+}',
    ],
  ],
  pop3: [
    ...[
      'CAPA',
      'USER alice@local.test',
      'PASS alice-secret-1',
      'PASS',
      'STAT',
      'LIST 99999999999',
      'RETR -1',
      'TOP 1',
    ],
    ...[
      'TOP 1 99999999999',
      'UIDL',
      'DELE 1',
      'RSET',
      'NOOP',
      'STLS',
      'QUIT',
      'AUTH PLAIN',
      'APOP x y',
    ],
  ],
};

/**
 * Ends when the server closes, or when it has had time to answer. Never throws for what the server does. At a door
 * with TLS every other session speaks it, and the others send what is not TLS.
 */
export async function fuzzSession(
  port: number,
  protocol: Protocol,
  seed: number,
  hasTls: boolean,
): Promise<void> {
  const random = seeded(seed);
  const where = { port, host: '127.0.0.1' };
  const socket =
    hasTls && random() < 0.5
      ? connectTls({ ...where, rejectUnauthorized: false })
      : connect({ ...where, allowHalfOpen: true });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // The server may close whenever it likes.
  socket.on('error', () => socket.destroy());
  socket.resume();
  const attack = pick(ATTACKS, random);
  await attack(socket, random, protocol);
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
  await closed;
  clearTimeout(timer);
}

type Attack = (socket: Socket, random: Random, protocol: Protocol) => void | Promise<void>;

const ATTACKS: readonly Attack[] = [
  (socket, random) => void socket.write(randomBytes(random)),
  (socket, random, protocol) => void socket.write(dialogue(random, protocol)),
  (socket, random, protocol) => void socket.write(mutated(dialogue(random, protocol), random)),
  // Half-closed: it will never send more, and reads to the end.
  (socket, random, protocol) => void socket.end(dialogue(random, protocol).slice(0, -1)),
  (socket, random, protocol) => {
    socket.write(dialogue(random, protocol), () => {
      if (socket instanceof TLSSocket) socket.destroy();
      else socket.resetAndDestroy();
    });
  },
  endlessLine,
];

/** A line without an end, for as long as the server takes it. */
async function endlessLine(socket: Socket, random: Random, protocol: Protocol): Promise<void> {
  socket.write(pick(COMMANDS[protocol], random));
  const chunk = Buffer.alloc(ENDLESS_CHUNK_BYTES, 32 + Math.floor(random() * 90));
  for (let sent = 0; sent < ENDLESS_CHUNKS && !socket.destroyed; sent += 1) {
    if (socket.write(chunk)) continue;
    const drained = await once(socket, 'drain', { signal: AbortSignal.timeout(PATIENCE_MS) }).then(
      () => true,
      () => false,
    );
    if (!drained) return;
  }
}

function dialogue(random: Random, protocol: Protocol): string {
  const count = 1 + Math.floor(random() * WORDS_MAX);
  return Array.from({ length: count }, () => `${pick(COMMANDS[protocol], random)}\r\n`).join('');
}

/** Some bytes changed, doubled or lost. */
function mutated(text: string, random: Random): Buffer {
  const bytes: number[] = [];
  for (const byte of Buffer.from(text)) {
    const chance = random();
    if (chance < 0.02) continue;
    bytes.push(chance < 0.05 ? Math.floor(random() * 256) : byte);
    if (chance > 0.98) bytes.push(byte);
  }
  return Buffer.from(bytes);
}

function randomBytes(random: Random): Buffer {
  const length = Math.floor(random() * RANDOM_MAX_BYTES);
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

function pick<T>(list: readonly T[], random: Random): T {
  const picked = list[Math.floor(random() * list.length)];
  if (picked === undefined) throw new Error('an empty list');
  return picked;
}
