/** Beside the clients of SMTP: a program at the API, and a user who reads by IMAP what comes by SMTP. */
import { ApiLoad } from '../../tools/harness/api-load.ts';
import { TrackedLoad } from '../../tools/harness/load.ts';
import { MailboxUser } from '../../tools/harness/mailbox-user.ts';
import { waitFor } from '../../tools/harness/wait.ts';
import type { FaultScene } from './scene.ts';
import { SENDER } from './scene.ts';

const PER_SECOND = 5;
const SIZE_BYTES = 2_000;
const USER = 'user@local.test';
const PASSWORD = 'user-secret-1';
const ARRIVE_TIMEOUT_MS = 60_000;

export interface OtherClients {
  readonly program: ApiLoad;
  readonly user: MailboxUser;
  /** What is sent to the user. */
  readonly letters: TrackedLoad;
  /** Ends the loads, then the user's looking when all of it was seen. */
  stop(): Promise<void>;
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
  const stop = async (): Promise<void> => {
    await Promise.all([program.stop(), letters.stop()]);
    const hasAll = (): boolean => {
      const seen = new Set(user.seen.values());
      return [...letters.accepted.keys()].every((id) => seen.has(id));
    };
    await waitFor('all letters', ARRIVE_TIMEOUT_MS, hasAll).catch(() => undefined);
    await user.stop();
  };
  return { program, user, letters, stop };
}
