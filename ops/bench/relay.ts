/**
 * Staffetta beside Debian's Postfix: `smtp-source` → relay → `smtp-sink` on one machine, alternating rounds.
 * Same rules for both: default durability, no TLS, mail for a relay domain, counted at the sink, ended when
 * the queue is empty. Run by `npm run show -- 1.5`.
 */
import { round, spread } from '../../tools/harness/statistics.ts';
import type { Spread } from '../../tools/harness/statistics.ts';
import { startPostfix, startStaffetta, withSecondDelivery } from './contestants.ts';
import type { Contestant, StaffettaContestant } from './contestants.ts';
import { measure } from './measure.ts';
import type { Load, Measured } from './measure.ts';

const KB = 1024;
const WARM_UP_MESSAGES = 1_000;

export interface RelayBenchOptions {
  readonly rounds: number;
  /** At 10 KB; a third of it at 100 KB. */
  readonly messages: number;
  readonly secondDelivery: boolean;
  progress(text: string): void;
}

export interface Summary {
  readonly messagesPerSecond: Spread;
  readonly acceptedPerSecond: Spread;
  readonly cpuSecondsPerThousand: Spread;
  readonly memoryMb: Spread;
}

export interface Comparison {
  readonly load: string;
  readonly staffetta: Summary;
  readonly postfix: Summary;
  /** Of the medians: how many times Postfix's rate, and what part of its CPU. */
  readonly rateRatio: number;
  readonly cpuRatio: number;
  readonly secondDelivery?: Summary;
}

export async function benchRelay(options: RelayBenchOptions): Promise<Comparison[]> {
  const started: Contestant[] = [];
  try {
    const staffetta = await startStaffetta();
    started.push(staffetta);
    const postfix = await startPostfix();
    started.push(postfix);
    for (const contestant of started) await warmUp(contestant);
    const comparisons: Comparison[] = [];
    for (const load of loads(options.messages)) {
      comparisons.push(await compare(load, staffetta, postfix, options));
    }
    if (!options.secondDelivery) return comparisons;
    return await addSecondDelivery(comparisons, staffetta, options);
  } finally {
    for (const contestant of started.toReversed()) await contestant.stop();
  }
}

function loads(messages: number): Load[] {
  const large = Math.round(messages / 3);
  return [
    { name: '10 KB, connections kept', sizeBytes: 10 * KB, keepConnections: true, messages },
    { name: '10 KB, a connection each', sizeBytes: 10 * KB, keepConnections: false, messages },
    {
      name: '100 KB, connections kept',
      sizeBytes: 100 * KB,
      keepConnections: true,
      messages: large,
    },
    {
      name: '100 KB, a connection each',
      sizeBytes: 100 * KB,
      keepConnections: false,
      messages: large,
    },
  ];
}

/** Both start warm: compiled code, forked processes, open connections. */
async function warmUp(contestant: Contestant): Promise<void> {
  const load = { name: 'warm-up', sizeBytes: 10 * KB, messages: WARM_UP_MESSAGES };
  for (const keepConnections of [true, false])
    await measure(contestant, { ...load, keepConnections });
}

async function compare(
  load: Load,
  staffetta: Contestant,
  postfix: Contestant,
  options: RelayBenchOptions,
): Promise<Comparison> {
  const results = new Map<Contestant, Measured[]>([
    [staffetta, []],
    [postfix, []],
  ]);
  for (let round = 0; round < options.rounds; round += 1) {
    const order = round % 2 === 0 ? [staffetta, postfix] : [postfix, staffetta];
    for (const contestant of order) {
      const measured = await measure(contestant, load);
      results.get(contestant)?.push(measured);
      options.progress(`${load.name}, ${contestant.name}: ${describe(measured)}`);
    }
  }
  const ours = summarize(results.get(staffetta) ?? []);
  const theirs = summarize(results.get(postfix) ?? []);
  return {
    load: load.name,
    staffetta: ours,
    postfix: theirs,
    rateRatio: round(ours.messagesPerSecond.median / theirs.messagesPerSecond.median),
    cpuRatio: round(ours.cpuSecondsPerThousand.median / theirs.cpuSecondsPerThousand.median),
  };
}

/** What a second delivery process on the same database changes, under the first load. */
async function addSecondDelivery(
  comparisons: readonly Comparison[],
  staffetta: StaffettaContestant,
  options: RelayBenchOptions,
): Promise<Comparison[]> {
  const [load] = loads(options.messages);
  const [first, ...rest] = comparisons;
  if (load === undefined || first === undefined) return [...comparisons];
  const pair = await withSecondDelivery(staffetta);
  try {
    const measured: Measured[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      measured.push(await measure(pair, load));
      options.progress(`${load.name}, ${pair.name}: ${describe(measured.at(-1))}`);
    }
    return [{ ...first, secondDelivery: summarize(measured) }, ...rest];
  } finally {
    await pair.stop();
  }
}

function summarize(measured: readonly Measured[]): Summary {
  return {
    messagesPerSecond: spread(measured.map((one) => one.messagesPerSecond)),
    acceptedPerSecond: spread(measured.map((one) => one.acceptedPerSecond)),
    cpuSecondsPerThousand: spread(measured.map((one) => one.cpuSecondsPerThousand)),
    memoryMb: spread(measured.map((one) => one.memoryMb)),
  };
}

function describe(measured: Measured | undefined): string {
  if (measured === undefined) return 'nothing';
  const { messagesPerSecond, cpuSecondsPerThousand, memoryMb } = measured;
  return `${round(messagesPerSecond)}/s, ${round(cpuSecondsPerThousand)} CPU s per 1,000, ${round(memoryMb)} MB`;
}
