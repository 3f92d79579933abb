/** Mail of every kind: out, into a mailbox, bulk, by LMTP, refused at once, by the API. */
import { SmtpClient } from './smtp-client.ts';
import type { Ports } from './staffetta.ts';

const MESSAGE = Buffer.from('X-Id: one\r\nSubject: one\r\n\r\nOne\r\n');
const BULK = Buffer.concat([Buffer.from('X-Staffetta-Class: bulk\r\n'), MESSAGE]);

type Doors = Pick<Ports, 'submission' | 'submissions' | 'lmtp' | 'api'>;

/** One message each; `outside` are addresses of other servers, the first of which gets bulk too. */
export async function sendEveryKind(
  ports: Doors,
  user: { readonly user: string; readonly password: string },
  outside: readonly string[],
): Promise<void> {
  const client = await SmtpClient.open({ port: ports.submissions, tls: true });
  await client.login(user.user, user.password);
  await client.send(user.user, [user.user, ...outside], MESSAGE);
  await client.quit();
  const nobody = user.user.replace(/^[^@]+/, 'nobody');
  for (const [to, content] of [
    [outside[0] ?? user.user, BULK],
    [nobody, MESSAGE],
  ] as const) {
    const peer = await SmtpClient.open({ port: ports.submission });
    await peer.send('', [to], content);
    await peer.quit();
  }
  const lmtp = await SmtpClient.open({ port: ports.lmtp, lmtp: true });
  await lmtp.send('', [user.user], MESSAGE);
  await lmtp.quit();
  await fetch(`http://127.0.0.1:${ports.api}/api/v1/transmissions`, { method: 'POST' });
}
