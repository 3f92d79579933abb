/** Bad input never crashes it, and 5,000 idle connections neither fill the memory nor slow a plain session. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { fuzzSession, seeded } from '../harness/fuzz-session.ts';
import type { Protocol } from '../harness/fuzz-session.ts';
import { ALICE, BOB, RELAY_DOMAIN, startHouse } from '../harness/house.ts';
import type { House } from '../harness/house.ts';
import { Point } from '../harness/point.ts';
import { pssBytes } from '../harness/processes.ts';
import { boundLedger } from '../harness/relay-scene.ts';
import { mustRun } from '../harness/run-program.ts';
import { SmtpClient } from '../harness/smtp-client.ts';
import type { Ports } from '../harness/staffetta.ts';
import { isClusterRun } from '../harness/start-relay.ts';
import { quantile, round } from '../harness/statistics.ts';
import { heldWithoutClient } from '../harness/tcp-states.ts';
import { waitFor } from '../harness/wait.ts';

const FUZZED: readonly (readonly [keyof Ports, Protocol])[] = [
  ['mx', 'smtp'],
  ['submission', 'smtp'],
  ['submissions', 'smtp'],
  ['lmtp', 'lmtp'],
  ['imap', 'imap'],
  ['imaps', 'imap'],
  ['pop3', 'pop3'],
  ['pop3s', 'pop3'],
];
const TLS_DOORS: ReadonlySet<keyof Ports> = new Set(['submissions', 'imaps', 'pop3s']);
const FUZZ_AT_ONCE = 20;
const IDLE_CONNECTIONS = 5_000;
const IDLE_DOORS: readonly (keyof Ports)[] = ['mx', 'submission', 'imap', 'pop3'];
const CONNECTIONS_PER_ADDRESS = 50;
const MEMORY_MAX_BYTES = 1e9;
const BYTES_PER_MB = 1e6;
const PLAIN_SESSIONS = 100;
const SLOWER_MAX = 2;
const ALIVE_TIMEOUT_MS = 20_000;
/** As long as a TLS handshake may take. */
const RELEASE_TIMEOUT_MS = 40_000;
const CONNECT_BATCH = 100;
const MESSAGE = Buffer.from('From: a@load.test\r\nSubject: plain\r\n\r\nA plain session\r\n');

await new Point('1.7').run(async (point) => {
  const house = await startHouse(point);
  await fuzz(point, house, point.long ? 2_000 : 150);
  await idle(point, house);
  await boundLedger(point, house.staffetta);
});

async function fuzz(point: Point, house: House, sessions: number): Promise<void> {
  const { staffetta } = house;
  const seed = Number(process.env['STAFFETTA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  point.figure('seed', seed);
  const seeds = seeded(seed);
  const pids = staffetta.servicePids.join();
  let memory = 0;
  for (const [door, protocol] of FUZZED) {
    const waiting = Array.from({ length: sessions }, () => Math.floor(seeds() * 2 ** 32));
    const worker = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        await fuzzSession(staffetta.ports[door], protocol, next, TLS_DOORS.has(door));
      }
    };
    await Promise.all(Array.from({ length: FUZZ_AT_ONCE }, worker));
    memory = Math.max(memory, pssBytes(staffetta.pids()));
    point.progress(`${sessions} sessions of ${protocol} at ${door}`);
  }
  await plainSession(house);
  await allDoorsWork(house);
  await boundReleased(point, house);
  point.figure('fuzzed sessions', sessions * FUZZED.length);
  point.figure('memory after fuzzing, MB', round(memory / BYTES_PER_MB));
  point.bound(
    'it still runs, the same processes',
    staffetta.servicePids.join() === pids && (await staffetta.isReady()),
  );
  const uncaught = /uncaught|unhandled/i.exec(staffetta.log())?.[0] ?? 'none';
  point.bound('nothing uncaught stands in its log', uncaught === 'none', uncaught);
}

/** A client that breaks off, in the middle of STARTTLS too, leaves nothing behind. */
async function boundReleased(point: Point, { staffetta }: House): Promise<void> {
  const ports = FUZZED.map(([door]) => staffetta.ports[door]);
  const isReleased = (): boolean => heldWithoutClient(ports) === 0;
  await waitFor('connections are let go', RELEASE_TIMEOUT_MS, isReleased).catch(() => undefined);
  const held = heldWithoutClient(ports);
  point.bound('no connection is held without its client', held === 0, held);
}

async function allDoorsWork({ staffetta }: House): Promise<void> {
  const { imaps, pop3s } = staffetta.ports;
  const login = ['-u', `${BOB.user}:${BOB.password}`];
  await mustRun(['curl', '-sSk', ...login, `imaps://127.0.0.1:${imaps}/`]);
  await mustRun(['curl', '-sSk', ...login, `pop3s://127.0.0.1:${pop3s}/`]);
  const lmtp = await SmtpClient.open({ port: staffetta.ports.lmtp, lmtp: true });
  await lmtp.must('250', lmtp.send('a@load.test', [ALICE.user], MESSAGE));
  await lmtp.quit();
}

async function idle(point: Point, house: House): Promise<void> {
  const { staffetta } = house;
  // Sixteen processes have their own size: in a cluster, what the connections add.
  const before = isClusterRun() ? pssBytes(staffetta.pids()) : 0;
  const usual = await plainSessions(house);
  const sockets: Socket[] = [];
  try {
    while (sockets.length < IDLE_CONNECTIONS) {
      const batch = Array.from({ length: CONNECT_BATCH }, (_, at) =>
        openIdle(staffetta.ports, sockets.length + at),
      );
      sockets.push(...(await Promise.all(batch)));
    }
    const beside = await plainSessions(house);
    const open = sockets.filter((socket) => !socket.destroyed).length;
    const memory = pssBytes(staffetta.pids()) - before;
    point.figure('plain session, ms', { alone: usual, beside });
    point.bound('5,000 idle connections are held', open === IDLE_CONNECTIONS, open);
    const megabytes = round(memory / BYTES_PER_MB);
    point.bound('their memory stays under 1 GB (PSS, MB)', memory < MEMORY_MAX_BYTES, megabytes);
    const slower = round(beside / usual);
    point.bound('a plain session takes at most twice its usual time', slower <= SLOWER_MAX, slower);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  await waitFor('it serves after they have gone', ALIVE_TIMEOUT_MS, () => staffetta.isReady());
}

/** From many addresses of 127/8, so that no limit by address is met; open when the banner has come. */
function openIdle(ports: Ports, number: number): Promise<Socket> {
  const address = Math.floor(number / CONNECTIONS_PER_ADDRESS);
  const door = IDLE_DOORS[number % IDLE_DOORS.length] ?? 'mx';
  return new Promise((resolve, reject) => {
    const socket = connect({
      port: ports[door],
      host: '127.0.0.1',
      localAddress: `127.1.${Math.floor(address / 250)}.${1 + (address % 250)}`,
    });
    socket.once('error', reject);
    socket.once('data', () => {
      socket.off('error', reject);
      socket.on('error', () => socket.destroy());
      socket.on('end', () => socket.destroy());
      resolve(socket);
    });
  });
}

/** The median of a number of sessions, in milliseconds. */
async function plainSessions(house: House): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < PLAIN_SESSIONS; count += 1) {
    const begin = performance.now();
    await plainSession(house);
    times.push(performance.now() - begin);
  }
  return round(quantile(times, 0.5));
}

async function plainSession({ staffetta }: House): Promise<void> {
  const client = await SmtpClient.open({ port: staffetta.ports.mx });
  await client.must('250', client.send('a@load.test', [`plain@${RELAY_DOMAIN}`], MESSAGE));
  await client.quit();
}
