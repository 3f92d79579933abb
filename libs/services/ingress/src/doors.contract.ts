import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredRecord } from '@staffetta/core';
import { loadOrCreateCertificate } from '@staffetta/certificates';
import { MemoryDirectory, MemoryLog } from '@staffetta/log-memory';
import { listenSmtp } from '@staffetta/smtp-listener';
import { SmtpDialogue } from '@staffetta/testing';
import { createIngress } from './ingress.ts';
import type { Ingress } from './ingress.ts';
import { INGRESS_DEFAULTS } from './options.ts';
import type { AcceptsMail, Door, IngressOptions, RefusalReason } from './options.ts';

/** The doors on free ports with everything in memory, for dialogues. */
export interface Doors {
  readonly ingress: Ingress;
  readonly log: MemoryLog;
  readonly directory: MemoryDirectory;
  readonly refused: { readonly door: Door; readonly reason: RefusalReason }[];
  readonly errors: Error[];
  port(door: Door): number;
  /** A new session, greeted; with EHLO said where a name is given. */
  session(door: Door, helo?: string, from?: string): Promise<SmtpDialogue>;
  /** A session at the submissions door as somebody. */
  loggedIn(user: string, password: string): Promise<SmtpDialogue>;
  /** Everything accepted so far, in order. */
  accepted(): readonly StoredRecord[];
  stop(): Promise<void>;
}

/** Starts them: domains local.example and relay.example (tenant default), other.example (tenant other), accounts. */
export async function startDoors(
  options: Partial<IngressOptions> = {},
  acceptsMail: AcceptsMail = () => true,
): Promise<Doors> {
  const dataDir = await mkdtemp(join(tmpdir(), 'doors-'));
  const tls = await loadOrCreateCertificate({ dataDir });
  await rm(dataDir, { recursive: true });
  const log = new MemoryLog();
  const directory = makeDirectory();
  const refused: { door: Door; reason: RefusalReason }[] = [];
  const errors: Error[] = [];
  const ingress = createIngress({
    log,
    directory,
    clock: { now: () => Date.UTC(2026, 10, 24, 12) },
    listen: listenSmtp,
    tls,
    acceptsMail,
    metrics: {
      opened() {},
      closed() {},
      accepted() {},
      login() {},
      refused: (door, reason) => refused.push({ door, reason }),
    },
    onError: (error) => errors.push(error),
    options: { ...TEST_OPTIONS, ...options },
  });
  await ingress.start();
  const open: SmtpDialogue[] = [];
  const port = (door: Door): number => ingress.addresses(door)[0]!.port;
  async function session(door: Door, helo?: string, from?: string): Promise<SmtpDialogue> {
    const tlsFirst = door === 'submissions';
    const peer = await SmtpDialogue.open({
      port: port(door),
      tls: tlsFirst,
      ...(from && { from }),
    });
    open.push(peer);
    await peer.expect('220 mx.test.example ESMTP');
    if (helo !== undefined) await peer.say(`EHLO ${helo}`, '250');
    return peer;
  }
  return {
    ingress,
    log,
    directory,
    refused,
    errors,
    port,
    session,
    async loggedIn(user, password) {
      const peer = await session('submissions', 'client.example');
      const token = Buffer.from(`\0${user}\0${password}`).toString('base64');
      await peer.say(`AUTH PLAIN ${token}`, '235 2.7.0');
      return peer;
    },
    // Ids grow, so this is the order of acceptance, of bulk mail too.
    accepted: () => log.recordsOf('accepted').toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    async stop() {
      for (const peer of open) peer.destroy();
      await ingress.drain(1_000);
    },
  };
}

/** MAIL, RCPT, DATA and the content with its final dot; resolves with the reply to that. */
export async function sendMail(
  peer: SmtpDialogue,
  from: string,
  to: string | readonly string[],
  content: string | Buffer,
): Promise<string> {
  await peer.say(`MAIL FROM:<${from}>`, '250 2.1.0');
  for (const address of typeof to === 'string' ? [to] : to) {
    await peer.say(`RCPT TO:<${address}>`, '250 2.1.5');
  }
  await peer.say('DATA', '354');
  peer.send(content);
  peer.send('\r\n.\r\n');
  return peer.reply();
}

const TEST_OPTIONS: IngressOptions = {
  ...INGRESS_DEFAULTS,
  hostname: 'mx.test.example',
  hosts: ['127.0.0.1'],
  ports: { mx: 0, submission: 0, submissions: 0 },
  proxyPorts: { mx: undefined, submission: undefined, submissions: undefined },
  proxyNetworks: [],
  relayNetworks: [],
  relayTenant: 'default',
  sizeBytes: 1_000_000,
  recipientsMax: 10,
  connectionsPerAddressMax: 50,
  expiresMs: 432_000_000,
};

function makeDirectory(): MemoryDirectory {
  const directory = new MemoryDirectory();
  directory.addDomain('local.example', 'local');
  directory.addDomain('relay.example', 'relay');
  directory.addDomain('other.example', 'relay', 'other');
  directory.addAccount('anna@local.example', 'secret', 'default', ['a.b@local.example']);
  directory.addAlias('team@local.example', ['anna@local.example', 'bob@far.example']);
  directory.addCredential('shop', 'token');
  directory.addCredential('news', 'token', 'default', true);
  return directory;
}
