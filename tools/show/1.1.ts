/** Real mail passes byte for byte: by the MX door to another server, and to a mailbox read by IMAP and POP3. */
import { execFileSync } from 'node:child_process';
import { ImapFlow } from 'imapflow';
import { hasBareLf, hasForbiddenBytes, readCorpus, withCrlf } from '../harness/corpus.ts';
import type { CorpusMessage } from '../harness/corpus.ts';
import { ALICE, PROGRAM, RELAY_DOMAIN, startHouse } from '../harness/house.ts';
import type { House } from '../harness/house.ts';
import { Point } from '../harness/point.ts';
import { boundLedger } from '../harness/relay-scene.ts';
import { SmtpClient } from '../harness/smtp-client.ts';
import type { SmtpReply } from '../harness/smtp-client.ts';
import { waitFor } from '../harness/wait.ts';

const SENDER = 'sender@load.test';
/** A credential sends as any domain of its tenant. */
const PROGRAM_SENDER = `news@${RELAY_DOMAIN}`;
const ARRIVE_TIMEOUT_MS = 60_000;
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;
/** The fields a relay and a mailbox put before a message. */
const OWN_FIELD = /^(Received|Return-Path|Delivered-To):/i;

interface Sent {
  readonly name: string;
  readonly content: Buffer;
  readonly reply: SmtpReply;
}

await new Point('1.1').run(async (point) => {
  const corpus = readCorpus();
  point.figure('corpus', corpus.from);
  const house = await startHouse(point);
  await toTheRelayDomain(point, house, corpus.messages);
  await toTheMailbox(point, house, corpus.messages);
  await bareLf(point, house, corpus.messages);
  point.bound('no bare CR or LF goes out', house.tap.bareLineEnds === 0, house.tap.bareLineEnds);
  await boundLedger(point, house.staffetta);
});

async function toTheRelayDomain(
  point: Point,
  house: House,
  messages: readonly CorpusMessage[],
): Promise<void> {
  const client = await SmtpClient.open({ port: house.staffetta.ports.mx });
  const sent = await sendAll(client, messages, (at) => `m${at}@${RELAY_DOMAIN}`, withCrlf);
  boundRefusals(point, 'to the relay domain', sent);
  await boundArrivals(point, house, 'at the other server', 'm', sent);
}

async function toTheMailbox(
  point: Point,
  house: House,
  messages: readonly CorpusMessage[],
): Promise<void> {
  const client = await SmtpClient.open({ port: house.staffetta.ports.mx });
  const sent = await sendAll(client, messages, () => ALICE.user, withCrlf);
  boundRefusals(point, 'to the mailbox', sent);
  const accepted = sent.filter(({ reply }) => reply.code === 250);
  const byImap = await fetchByImap(house, accepted.length);
  boundBytes(point, 'by IMAP', accepted, byImap);
  boundBytes(point, 'by POP3', accepted, fetchByPop3(house, accepted.length));
}

/** As they are in the file: the MX door refuses, submission repairs. */
async function bareLf(
  point: Point,
  house: House,
  messages: readonly CorpusMessage[],
): Promise<void> {
  const bare = messages.filter(({ raw }) => hasBareLf(raw));
  point.figure('messages with bare LF', bare.length);
  const mx = await SmtpClient.open({ port: house.staffetta.ports.mx });
  const refused = await sendAll(mx, bare, (at) => `bare${at}@${RELAY_DOMAIN}`, asItIs);
  const passed = refused.filter(({ reply }) => !reply.text.startsWith('550 5.6.0'));
  point.bound('the MX door answers 550 5.6.0 to bare LF', passed.length === 0, passed.map(line));

  const door = await SmtpClient.open({ port: house.staffetta.ports.submissions, tls: true });
  await door.login(PROGRAM.user, PROGRAM.password);
  const clean = bare.filter(({ raw }) => !hasForbiddenBytes(withCrlf(raw)));
  const to = (at: number): string => `fixed${at}@${RELAY_DOMAIN}`;
  const repaired = await sendAll(door, clean, to, asItIs, PROGRAM_SENDER);
  const refusedHere = repaired.filter(({ reply }) => reply.code !== 250).map(line);
  point.bound('submission takes bare LF', refusedHere.length === 0, refusedHere);
  const expected = repaired.map((sent) => ({ ...sent, content: withCrlf(sent.content) }));
  await boundArrivals(point, house, 'at the other server, repaired', 'fixed', expected);
}

function asItIs(raw: Buffer): Buffer {
  return raw;
}

async function sendAll(
  client: SmtpClient,
  messages: readonly CorpusMessage[],
  to: (at: number) => string,
  change: (raw: Buffer) => Buffer,
  sender = SENDER,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const [at, { name, raw }] of messages.entries()) {
    const content = ensureEnd(change(raw));
    const reply = await client.send(sender, [to(at)], content, ' BODY=8BITMIME');
    sent.push({ name, content, reply });
  }
  await client.quit();
  return sent;
}

/** The final dot stands on a line of its own. */
function ensureEnd(content: Buffer): Buffer {
  return content.toString('latin1').endsWith('\r\n')
    ? content
    : Buffer.concat([content, Buffer.from('\r\n')]);
}

function boundRefusals(point: Point, where: string, sent: readonly Sent[]): void {
  const refused = sent.filter(({ reply }) => reply.code !== 250);
  const wrong = refused.filter(({ content }) => !hasForbiddenBytes(content));
  point.figure(`sent ${where}`, sent.length);
  point.figure(`refused ${where}`, refused.map(line));
  point.bound(`${where}: only NUL, bare CR or LF refused`, wrong.length === 0, wrong.map(line));
}

function line({ name, reply }: Sent): string {
  return `${name}: ${reply.text}`;
}

async function boundArrivals(
  point: Point,
  house: House,
  where: string,
  prefix: string,
  sent: readonly Sent[],
): Promise<void> {
  const all = [...sent.entries()].filter(([, { reply }]) => reply.code === 250);
  const arrived = (): Map<string, Buffer> =>
    new Map(
      house.sink
        .messages()
        .map((message) => [/<(.*)@/.exec(message.rcptArgs[0] ?? '')?.[1] ?? '', message.content]),
    );
  await waitFor(`arrivals ${where}`, ARRIVE_TIMEOUT_MS, async () => {
    const names = arrived();
    const isThere = all.every(([at]) => names.has(`${prefix}${at}`));
    return isThere && (await house.staffetta.queueLength()) === 0;
  });
  const contents = arrived();
  const wrong = all
    .filter(([at, { content }]) => !isSame(contents.get(`${prefix}${at}`), content))
    .map(([, { name }]) => name);
  point.figure(`arrived ${where}`, all.length);
  point.bound(`${where}: exactly the bytes sent`, wrong.length === 0, wrong);
}

function boundBytes(
  point: Point,
  how: string,
  sent: readonly Sent[],
  received: readonly Buffer[],
): void {
  const left = [...received];
  const wrong: string[] = [];
  for (const { name, content } of sent) {
    const at = left.findIndex((one) => isSame(one, content));
    if (at < 0) wrong.push(name);
    else left.splice(at, 1);
  }
  point.figure(`read ${how}`, received.length);
  point.bound(`${how}: exactly the bytes sent`, wrong.length === 0 && left.length === 0, wrong);
}

/** Ends with the bytes sent, and only fields of ours stand before. */
function isSame(received: Buffer | undefined, sent: Buffer): boolean {
  if (received === undefined || received.length < sent.length) return false;
  const before = received.length - sent.length;
  if (!received.subarray(before).equals(sent)) return false;
  const prefix = received.subarray(0, before).toString('latin1');
  if (prefix === '' || !prefix.endsWith('\r\n')) return false;
  const fields = prefix.slice(0, -2).split(/\r\n(?![ \t])/);
  return fields.every((field) => OWN_FIELD.test(field));
}

async function fetchByImap(house: House, count: number): Promise<Buffer[]> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: house.staffetta.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE.user, pass: ALICE.password },
    logger: false,
  });
  await client.connect();
  try {
    await waitFor('all in the mailbox', ARRIVE_TIMEOUT_MS, async () => {
      const status = await client.status('INBOX', { messages: true });
      return status !== false && status.messages === count;
    });
    await client.mailboxOpen('INBOX', { readOnly: true });
    const contents: Buffer[] = [];
    for await (const message of client.fetch('1:*', { source: true })) {
      if (message.source !== undefined) contents.push(message.source);
    }
    return contents;
  } finally {
    await client.logout();
  }
}

function fetchByPop3(house: House, count: number): Buffer[] {
  const login = ['-s', '-S', '-k', '-u', `${ALICE.user}:${ALICE.password}`];
  return Array.from({ length: count }, (_, at) =>
    execFileSync('curl', [...login, `pop3s://127.0.0.1:${house.staffetta.ports.pop3s}/${at + 1}`], {
      maxBuffer: OUTPUT_MAX_BYTES,
    }),
  );
}
