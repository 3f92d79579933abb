import assert from 'node:assert/strict';
import { createTransport } from 'nodemailer';
import { ALICE, BOB, PROGRAM, RELAY_DOMAIN } from '../../harness/house.ts';
import type { House } from '../../harness/house.ts';
import type { Check } from './check.ts';

async function nodemailerSubmits({ staffetta }: House): Promise<void> {
  const transport = createTransport({
    host: '127.0.0.1',
    port: staffetta.ports.submission,
    requireTLS: true,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE.user, pass: ALICE.password },
  });
  const info = await transport.sendMail({
    from: ALICE.user,
    to: [BOB.user, `nodemailer@${RELAY_DOMAIN}`],
    subject: 'by nodemailer: grüße',
    text: 'Hello',
    attachments: [{ filename: 'a.bin', content: Buffer.from([0, 1, 2, 255]) }],
  });
  transport.close();
  assert.equal(info.accepted.length, 2);
  assert.match(info.response, /queued as/);
}

/** A pool with a program's credential, which may send as any domain of its tenant. */
async function nodemailerSendsAsAProgram({ staffetta }: House): Promise<void> {
  const transport = createTransport({
    host: '127.0.0.1',
    port: staffetta.ports.submissions,
    secure: true,
    pool: true,
    tls: { rejectUnauthorized: false },
    auth: { user: PROGRAM.user, pass: PROGRAM.password },
  });
  const sent = Array.from({ length: 20 }, (_, at) =>
    transport.sendMail({
      from: `news@${RELAY_DOMAIN}`,
      to: `reader${at}@${RELAY_DOMAIN}`,
      subject: 'news',
      text: 'News',
    }),
  );
  for (const info of await Promise.all(sent)) assert.equal(info.accepted.length, 1);
  transport.close();
}

/** An account may not send as somebody else. */
async function nodemailerIsRefusedForAnothersName({ staffetta }: House): Promise<void> {
  const transport = createTransport({
    host: '127.0.0.1',
    port: staffetta.ports.submissions,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE.user, pass: ALICE.password },
  });
  const message = { from: BOB.user, to: BOB.user, subject: 'not me', text: 'not me' };
  await assert.rejects(transport.sendMail(message), /5\d\d/);
  transport.close();
}

export const checks: readonly Check[] = [
  nodemailerSubmits,
  nodemailerSendsAsAProgram,
  nodemailerIsRefusedForAnothersName,
];
