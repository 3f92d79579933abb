/** A backup taken while mail flows, and restored after the machine is lost: what was acknowledged before it is there. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { backedUpLog, startBackedUp } from '../harness/backed-up-relay.ts';
import type { BackedUpRelay } from '../harness/backed-up-relay.ts';
import { DnsServer, site } from '../harness/dns-server.ts';
import { freePort } from '../harness/free-ports.ts';
import { ALICE, LOCAL_DOMAIN } from '../harness/house.ts';
import { TrackedLoad } from '../harness/load.ts';
import { Point } from '../harness/point.ts';
import { RecordingSink } from '../harness/recording-sink.ts';
import { RELAY_DOMAIN, SENDER, boundLedger, doubles } from '../harness/relay-scene.ts';
import type { Staffetta } from '../harness/staffetta.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { waitFor } from '../harness/wait.ts';

/** Its server answers only after the backup: what waits for it is delivered before the loss, and once more after. */
const LATE_DOMAIN = 'late.test';
const LATE_ADDRESS = '127.0.0.2';
const PER_SECOND = 300;
const SIZE_BYTES = 4_000;
const READY_TIMEOUT_MS = 60_000;
const EMPTY_TIMEOUT_MS = 90_000;
const TO = [RELAY_DOMAIN, LATE_DOMAIN, LOCAL_DOMAIN] as const;

interface Scene {
  readonly relay: BackedUpRelay;
  readonly sink: RecordingSink;
  readonly port: number;
}

await new Point('3.6').run(async (point) => {
  point.figure('log', backedUpLog());
  const flowMs = point.long ? 30_000 : 5_000;
  const scene = await startScene(point);
  const { staffetta } = scene.relay;
  const backups = point.atEnd(tempFolder('backup'));
  const folder = join(backups.path, 'first');
  const load = startLoad(scene);
  await sleep(flowMs);
  const begunAtMs = Date.now();
  const { takenAtMs, sizeBytes } = await scene.relay.backUp(folder);
  point.figure('the backup took, in ms', Date.now() - begunAtMs);
  point.figure('its size, in MB', Math.round(sizeBytes / 1e6));
  const late = point.atEnd(await RecordingSink.start({ host: LATE_ADDRESS, port: scene.port }));
  await waitFor('the late server gets mail', READY_TIMEOUT_MS, () => late.total > 0);
  await sleep(flowMs);
  await scene.relay.lose();
  await load.stop();
  point.figure('accepted', load.accepted.size);
  const restoreAtMs = Date.now();
  await scene.relay.restore(folder);
  point.figure('restored and ready after, in ms', Date.now() - restoreAtMs);
  await waitFor('nothing waits', EMPTY_TIMEOUT_MS, async () => {
    return (await staffetta.queueLength()) === 0;
  });
  const mailbox = await readMailbox(staffetta);
  boundKept(point, load, { begunAtMs, takenAtMs }, [scene.sink, late], mailbox);
  await boundTold(point, staffetta, load, [scene.sink, late]);
  const twice = mailbox.length - new Set(mailbox).size;
  point.bound('none is in its mailbox twice', twice === 0, twice);
  await boundLedger(point, staffetta);
});

async function startScene(point: Point): Promise<Scene> {
  const port = await freePort();
  const sink = point.atEnd(await RecordingSink.start({ port }));
  const dns = point.atEnd(
    await DnsServer.start([
      ...site(RELAY_DOMAIN, '127.0.0.1'),
      ...site(LATE_DOMAIN, LATE_ADDRESS),
      ...site('load.test', '127.0.0.1'),
    ]),
  );
  const relay = await startBackedUp(point, {
    DELIVERY_REMOTE_PORT: String(port),
    DELIVERY_RETRY_MIN_MS: '1000',
    DELIVERY_RETRY_MAX_MS: '2000',
    DNS_SERVERS: dns.address,
  });
  const { staffetta } = relay;
  await staffetta.must(['domain', 'add', LOCAL_DOMAIN, '--local']);
  for (const domain of [RELAY_DOMAIN, LATE_DOMAIN]) {
    await staffetta.must(['domain', 'add', domain, '--relay']);
  }
  await staffetta.must(['account', 'add', ALICE.user, '--password-stdin'], `${ALICE.password}\n`);
  return { relay, sink, port };
}

function startLoad({ relay }: Scene): TrackedLoad {
  return new TrackedLoad({
    target: { port: relay.staffetta.ports.mx },
    sessions: 10,
    sizeBytes: SIZE_BYTES,
    from: SENDER,
    to: recipient,
    perSecond: PER_SECOND,
  });
}

function recipient(number: number): string {
  const domain = TO[number % TO.length] ?? RELAY_DOMAIN;
  return domain === LOCAL_DOMAIN ? ALICE.user : `r${number}@${domain}`;
}

/** The ids of the messages in the mailbox, each as often as it is there. */
async function readMailbox(staffetta: Staffetta): Promise<string[]> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: staffetta.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE.user, pass: ALICE.password },
    logger: false,
  });
  await client.connect();
  try {
    await client.mailboxOpen('INBOX', { readOnly: true });
    const messages = await client.fetchAll('1:*', { envelope: true });
    return messages.map(({ envelope }) => envelope?.subject ?? '');
  } finally {
    await client.logout();
  }
}

function boundKept(
  point: Point,
  load: TrackedLoad,
  { begunAtMs, takenAtMs }: { begunAtMs: number; takenAtMs: number },
  sinks: readonly RecordingSink[],
  mailbox: readonly string[],
): void {
  const inMailbox = new Set(mailbox);
  const isThere = (id: string): boolean =>
    inMailbox.has(id) || sinks.some(({ arrivals }) => arrivals.has(id));
  const missing = (from: number, until: number): string[] =>
    [...load.accepted].flatMap(([id, at]) =>
      at >= from && at < until && !isThere(id) ? [id] : [],
    );
  const before = [...load.accepted.values()].filter((at) => at < takenAtMs).length;
  point.figure('acknowledged before the time that the backup names', before);
  const early = missing(0, begunAtMs);
  point.bound('nothing acknowledged before the backup began is missing', early.length === 0, early);
  const named = missing(begunAtMs, takenAtMs);
  point.bound('nor before the time that it names', before > 0 && named.length === 0, named);
  const after = missing(takenAtMs, Number.POSITIVE_INFINITY);
  point.figure('acknowledged later, and lost with the data', after.length);
}

async function boundTold(
  point: Point,
  staffetta: Staffetta,
  load: TrackedLoad,
  sinks: readonly RecordingSink[],
): Promise<void> {
  const twice = sinks.reduce((sum, sink) => sum + doubles(load, sink).size, 0);
  const waiting = Number(/"waiting":(\d+),.*the database was restored/.exec(staffetta.log())?.[1]);
  const counted = await metric(staffetta, 'staffetta_delivery_restored_recipients_total');
  const lines = staffetta.log().match(/delivered after a restore/g)?.length ?? 0;
  point.figure('waiting when it was restored, as the log says', waiting);
  point.figure('sent though they may have been before, as the counter says', counted);
  point.figure('came twice', twice);
  point.bound('what came twice is counted', twice > 0 && twice <= counted, { twice, counted });
  point.bound('each that is counted is told by its id', lines === counted, { lines, counted });
  // With Kafka the ledger learns the outcomes from the log, which is not lost, and fewer wait by it.
  if (backedUpLog() === 'kafka') return;
  point.bound('no more are counted than were announced', counted <= waiting, { counted, waiting });
}

async function metric(staffetta: Staffetta, name: string): Promise<number> {
  const reply = await fetch(`http://127.0.0.1:${staffetta.ports.telemetry}/metrics`);
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await reply.text())?.[1]);
}
