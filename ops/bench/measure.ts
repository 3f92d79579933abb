import { cpuSeconds, pssBytes } from '../../tools/harness/processes.ts';
import { smtpSource } from '../../tools/harness/smtp-source.ts';
import { waitFor } from '../../tools/harness/wait.ts';
import type { Contestant } from './contestants.ts';
import { DOMAIN } from './contestants.ts';

const SESSIONS = 20;
const EMPTY_TIMEOUT_MS = 300_000;
const LOOK_EVERY_MS = 20;
const MEMORY_EVERY_MS = 1_000;
const BYTES_PER_MB = 1e6;

export interface Load {
  readonly name: string;
  readonly sizeBytes: number;
  readonly keepConnections: boolean;
  readonly messages: number;
}

export interface Measured {
  /** From the first connection to the empty queue. */
  readonly messagesPerSecond: number;
  /** While the source had messages left: what the door takes. */
  readonly acceptedPerSecond: number;
  readonly cpuSecondsPerThousand: number;
  /** The most that was seen, looked at once a second and at the end. */
  readonly memoryMb: number;
}

/** One run: `smtp-source` until its last `250`, then until the sink has all and the queue is empty. */
export async function measure(contestant: Contestant, load: Load): Promise<Measured> {
  const { messages } = load;
  const before = contestant.sink.count();
  const cpuBefore = cpuSeconds(contestant.pids());
  let memory = 0;
  const look = (): void => void (memory = Math.max(memory, pssBytes(contestant.pids())));
  const timer = setInterval(look, MEMORY_EVERY_MS);
  const begin = performance.now();
  const sourceSeconds = await smtpSource({
    port: contestant.port,
    messages,
    sessions: SESSIONS,
    sizeBytes: load.sizeBytes,
    from: 'sender@load.test',
    to: `recipient@${DOMAIN}`,
    keepConnections: load.keepConnections,
  });
  const isDone = async (): Promise<boolean> =>
    contestant.sink.count() - before >= messages && (await contestant.queueLength()) === 0;
  await waitFor(`${contestant.name}: all at the sink`, EMPTY_TIMEOUT_MS, isDone, LOOK_EVERY_MS);
  const seconds = (performance.now() - begin) / 1000;
  clearInterval(timer);
  const cpu = cpuSeconds(contestant.pids()) - cpuBefore;
  look();
  const arrived = contestant.sink.count() - before;
  if (arrived !== messages)
    throw new Error(`${contestant.name}: ${arrived} of ${messages} arrived`);
  return {
    messagesPerSecond: messages / seconds,
    acceptedPerSecond: messages / sourceSeconds,
    cpuSecondsPerThousand: (cpu * 1000) / messages,
    memoryMb: memory / BYTES_PER_MB,
  };
}
