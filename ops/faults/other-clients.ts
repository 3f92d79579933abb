/** Beside the clients of SMTP: a program at the API, and a user who reads by IMAP what comes by SMTP. */
import { ApiLoad } from '../../tools/harness/api-load.ts';
import { TrackedLoad } from '../../tools/harness/load.ts';
import { MailboxUser } from '../../tools/harness/mailbox-user.ts';
import type { FaultScene } from './scene.ts';
import { SENDER } from './scene.ts';

const PER_SECOND = 5;
const SIZE_BYTES = 2_000;
const USER = 'user@local.test';
const PASSWORD = 'user-secret-1';

/** What the program and the user saw. */
export interface OtherClientsReport {
  /** The `X-Id` of what the API accepted. */
  readonly apiAccepted: readonly string[];
  /** How often each status came that was not 200. */
  readonly apiRefused: Readonly<Record<string, number>>;
  readonly apiBroken: number;
  readonly lettersAccepted: number;
  /** Connections that the mailbox nodes ended with BYE. */
  readonly imapByes: number;
  readonly imapFailures: readonly string[];
  /** Letters that are not in the mailbox just once. */
  readonly lettersNotOnce: readonly string[];
}

export interface OtherClients {
  /** Ends the loads, and the user's looking when all letters were seen. */
  stop(): Promise<OtherClientsReport>;
}

export async function startOtherClients(scene: FaultScene): Promise<OtherClients> {
  const { cluster } = scene;
  await cluster.must(['domain', 'add', 'local.test', '--local']);
  await cluster.must(['account', 'add', USER, '--password-stdin'], `${PASSWORD}\n`);
  const added = await cluster.must(['apikey', 'add', 'program', '--tenant', 'default']);
  const { key } = JSON.parse(added) as { key: string };
  const program = new ApiLoad({
    ports: cluster.of('api').map((member) => member.process.ports.api),
    key,
    from: SENDER,
    to: (number) => scene.recipient(number),
    perSecond: PER_SECOND,
  });
  const letters = new TrackedLoad({
    name: 'letter',
    target: cluster.of('ingress').map((member) => ({ port: member.process.ports.mx })),
    sessions: 1,
    sizeBytes: SIZE_BYTES,
    from: SENDER,
    to: () => USER,
    perSecond: PER_SECOND,
  });
  const user = new MailboxUser({
    ports: cluster.of('mailbox').map((member) => member.process.ports.imaps),
    user: USER,
    password: PASSWORD,
  });
  const stop = async (): Promise<OtherClientsReport> => {
    await Promise.all([program.stop(), letters.stop()]);
    const lettersNotOnce = await user.stop([...letters.accepted.keys()]);
    return {
      apiAccepted: [...program.accepted],
      apiRefused: Object.fromEntries(program.refused),
      apiBroken: program.broken,
      lettersAccepted: letters.accepted.size,
      imapByes: user.byes,
      imapFailures: user.failures,
      lettersNotOnce,
    };
  };
  return { stop };
}
