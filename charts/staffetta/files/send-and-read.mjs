/**
 * `helm test`: an account of its own gets a mail by SMTP, which is read back by IMAP over TLS and removed. Node alone.
 * Accounts cannot be removed: domain and account stay, with a password made from the operator's, so that it can be repeated.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

const { ADMIN_URL, ADMIN_PASSWORD_FILE, SMTP_HOST, IMAP_HOST } = process.env;
const { SMTP_PORT = '25', IMAPS_PORT = '993' } = process.env;
const REPLY_TIMEOUT_MS = 20_000;
const ARRIVE_TIMEOUT_MS = 60_000;
const POLL_MS = 500;
/** The last line of an answer of IMAP or SMTP that says no. */
const REFUSAL = /^([abcde] (NO|BAD)|[45]\d\d) /m;

const DOMAIN = 'helm-test.example';
const address = `reader@${DOMAIN}`;
const operatorPassword = readFileSync(ADMIN_PASSWORD_FILE, 'utf8').split(/\r?\n/, 1)[0];
const password = createHmac('sha256', operatorPassword).update(address).digest('base64url');
const run = randomBytes(6).toString('hex');
const subject = `helm test ${run}`;

/** Lines to a server and what it answers. */
class Dialogue {
  #socket;
  #text = '';
  #wake = () => undefined;
  #failure;

  constructor(socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      this.#text += chunk;
      this.#wake();
    });
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server ended the connection')));
  }

  /** Sends a line and resolves with all that came until the pattern was there. */
  say(line, pattern) {
    this.#text = '';
    this.#socket.write(`${line}\r\n`);
    return this.expect(pattern);
  }

  async expect(pattern) {
    const timer = setTimeout(
      () => this.#fail(new Error(`no ${pattern} within ${REPLY_TIMEOUT_MS} ms: ${this.#text}`)),
      REPLY_TIMEOUT_MS,
    );
    try {
      for (;;) {
        if (pattern.test(this.#text)) return this.#text;
        if (this.#failure) throw this.#failure;
        if (REFUSAL.test(this.#text)) throw new Error(`refused: ${this.#text}`);
        await new Promise((resolve) => (this.#wake = resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  end() {
    this.#socket.destroy();
  }

  #fail(error) {
    this.#failure ??= error;
    this.#wake();
  }
}

const cookie = await logIn();
await admin('POST', 'domains', { name: DOMAIN, kind: 'local' });
await admin('POST', 'accounts', { address, password });
console.log(`${address} is there`);
await sendMail();
console.log('sent a mail by SMTP');
await readMail();
console.log('read it back by IMAP');

async function logIn() {
  const body = { name: 'admin', password: operatorPassword };
  const response = await ask('POST', 'session', body, {});
  return response.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
}

async function admin(method, path, body) {
  await ask(method, path, body, { cookie });
}

async function ask(method, path, body, headers) {
  const response = await fetch(`${ADMIN_URL}/api/admin/v1/${path}`, {
    method,
    headers: { 'x-staffetta-request': '1', 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REPLY_TIMEOUT_MS),
  });
  if (!response.ok) {
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }
  return response;
}

/** The account may be known a moment later to other processes: RCPT is tried again until it is taken. */
async function sendMail() {
  const untilMs = Date.now() + ARRIVE_TIMEOUT_MS;
  while (!(await trySend())) {
    if (Date.now() > untilMs) throw new Error(`RCPT TO:<${address}> is refused`);
    await pause();
  }
}

async function trySend() {
  const smtp = new Dialogue(connectTcp({ host: SMTP_HOST, port: Number(SMTP_PORT) }));
  await smtp.expect(/^220 /m);
  await smtp.say('EHLO helm-test.example', /^250 /m);
  await smtp.say('MAIL FROM:<helm-test@example.net>', /^250 /m);
  const rcpt = await smtp.say(`RCPT TO:<${address}>`, /^[2-5]\d\d /m);
  if (!/^250/m.test(rcpt)) {
    smtp.end();
    return false;
  }
  await smtp.say('DATA', /^354 /m);
  const mail = ['From: helm-test@example.net', `To: ${address}`, `Subject: ${subject}`, '', run];
  await smtp.say([...mail, '.'].join('\r\n'), /^250 /m);
  await smtp.say('QUIT', /^221 /m);
  smtp.end();
  return true;
}

/** The certificate is for the outside name, and may be self-signed: it is not what is tested. */
async function readMail() {
  const socket = connectTls({
    host: IMAP_HOST,
    port: Number(IMAPS_PORT),
    rejectUnauthorized: false,
  });
  const imap = new Dialogue(socket);
  await imap.expect(/^\* OK /m);
  await imap.say(`a LOGIN ${address} ${password}`, /^a OK /m);
  await imap.say('b SELECT INBOX', /^b OK /m);
  const untilMs = Date.now() + ARRIVE_TIMEOUT_MS;
  let number;
  while (number === undefined) {
    const found = await imap.say(`c SEARCH SUBJECT "${subject}"`, /^c OK /m);
    number = /^\* SEARCH (\d+)/m.exec(found)?.[1];
    if (number !== undefined) break;
    if (Date.now() > untilMs) throw new Error('the mail did not arrive');
    await pause();
  }
  const text = await imap.say(`d FETCH ${number} BODY[TEXT]`, /^d OK /m);
  if (!text.includes(run)) throw new Error(`another text arrived: ${text}`);
  await imap.say(`d STORE ${number} +FLAGS.SILENT (\\Deleted)`, /^d OK /m);
  await imap.say('d EXPUNGE', /^d OK /m);
  await imap.say('e LOGOUT', /^e OK /m);
  imap.end();
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
