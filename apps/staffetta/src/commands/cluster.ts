import { EXIT } from '@staffetta/platform';
import { textOption } from '../command.ts';
import type { Command } from '../command.ts';
import { formatTable, formatTime } from '../output.ts';

interface InstanceDocument {
  readonly id: string;
  readonly services: readonly string[];
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAtMs: number;
  readonly heartbeatAtMs: number;
  readonly alive: boolean;
  readonly ready: boolean;
  readonly grpc: string;
  readonly lanes: number;
}

interface LaneDocument {
  readonly topic: string;
  readonly lane: number;
  readonly owner?: string;
}

interface ClusterDocument {
  readonly at: number;
  readonly problems: readonly {
    readonly severity: 'critical' | 'warning';
    readonly title: string;
    readonly detail: string;
    readonly advice: string;
  }[];
  readonly instances: readonly InstanceDocument[];
  readonly lanes: readonly LaneDocument[];
  readonly lag: readonly {
    readonly topic: string;
    readonly bulk: boolean;
    readonly records: number;
    readonly lanes: number;
    readonly oldestAcceptedAtMs?: number;
  }[];
  readonly duties: readonly {
    readonly name: string;
    readonly instance: string;
    readonly atMs: number;
  }[];
}

interface HolderDocument {
  readonly id: string;
  readonly host?: string;
  readonly pid?: number;
}

interface HandoverDocument {
  readonly atMs: number;
  readonly topic: string;
  readonly lanes: readonly number[];
  readonly from?: HolderDocument;
  readonly to: HolderDocument;
  readonly clean: boolean;
  readonly idleMs?: number;
}

/** What of an id tells processes apart: the end of it is random. */
const ID_SHOWN = 8;

/** The cluster in words, or as one document. */
export const CLUSTER: Command = {
  name: 'cluster',
  usage: '[--handovers N]',
  summary: 'show processes, lanes and who owns them, and what is wrong',
  details: `A lane is a share of the outbound mail (or of what waits for the router or the mailboxes) that one process
at a time reads. A hand-over is clean where the owner before let go by itself; else its lease had to end first.`,
  options: { handovers: { type: 'string' } },
  optionHelp: [['--handovers N', 'the last N hand-overs of lanes, 1 to 500 (default: 10)']],
  positionals: [0, 0],
  async run({ admin, output, options }) {
    const limit = textOption(options, 'handovers') ?? '10';
    const cluster = await admin().get<ClusterDocument>('cluster');
    const handovers = await admin().get<readonly HandoverDocument[]>('cluster/handovers', {
      limit,
    });
    output.result({ ...cluster, handovers }, () =>
      [
        problemLines(cluster),
        instanceTable(cluster),
        laneTable(cluster),
        lagTable(cluster),
        dutyTable(cluster),
        handoverTable(handovers),
      ]
        .filter((part) => part !== '')
        .join('\n\n'),
    );
    return EXIT.done;
  },
};

function problemLines({ problems }: ClusterDocument): string {
  if (problems.length === 0) return 'all is well';
  return problems
    .map(({ severity, title, detail, advice }) =>
      [`${severity === 'critical' ? '!!' : ' !'} ${title}`, detail, advice].join('\n   '),
    )
    .join('\n');
}

function instanceTable({ instances, at }: ClusterDocument): string {
  return formatTable(
    [
      'PROCESS',
      'HOST',
      'PID',
      'STATE',
      'STARTED',
      'HEARTBEAT',
      'VERSION',
      'GRPC',
      'LANES',
      'SERVICES',
    ],
    instances.map((one) => [
      shortId(one.id),
      one.host,
      one.pid,
      one.alive ? (one.ready ? 'ready' : 'not ready') : 'no sign of life',
      formatTime(one.startedAtMs),
      `${seconds(at - one.heartbeatAtMs)} ago`,
      one.version,
      one.grpc || '-',
      one.lanes,
      one.services.join(' '),
    ]),
  );
}

/** A line for each owner of lanes of a topic, and one for those without. */
function laneTable({ lanes }: ClusterDocument): string {
  const owned = Map.groupBy(lanes, ({ topic, owner }) => `${topic} ${owner ?? '-'}`);
  return formatTable(
    ['LANES OF', 'OWNER', 'COUNT', 'LANES'],
    [...owned.values()].map((group) => [
      group[0]?.topic ?? '',
      group[0]?.owner === undefined ? 'NOBODY' : shortId(group[0].owner),
      group.length,
      ranges(group.map(({ lane }) => lane)),
    ]),
  );
}

function lagTable({ lag, at }: ClusterDocument): string {
  if (lag.length === 0) return '';
  return formatTable(
    ['LAG OF', 'RECORDS', 'LANES', 'OLDEST'],
    lag.map(({ topic, bulk, records, lanes, oldestAcceptedAtMs }) => [
      bulk ? `${topic} (bulk)` : topic,
      records,
      lanes,
      oldestAcceptedAtMs === undefined ? '-' : seconds(at - oldestAcceptedAtMs),
    ]),
  );
}

function dutyTable({ duties, at }: ClusterDocument): string {
  if (duties.length === 0) return '';
  return formatTable(
    ['FOR ALL', 'DONE LAST BY', 'WHEN'],
    duties.map(({ name, instance, atMs }) => [
      name,
      shortId(instance),
      `${seconds(at - atMs)} ago`,
    ]),
  );
}

function handoverTable(handovers: readonly HandoverDocument[]): string {
  if (handovers.length === 0) return '';
  return formatTable(
    ['HANDED OVER', 'LANES OF', 'LANES', 'FROM', 'TO', 'HOW', 'NO OWNER FOR'],
    handovers.map(({ atMs, topic, lanes, from, to, clean, idleMs }) => [
      formatTime(atMs),
      topic,
      ranges(lanes),
      from ? nameHolder(from) : '-',
      nameHolder(to),
      from ? (clean ? 'clean' : 'UNCLEAN') : 'first',
      idleMs === undefined ? '-' : seconds(idleMs),
    ]),
  );
}

function nameHolder({ id, host, pid }: HolderDocument): string {
  return host === undefined ? shortId(id) : `${shortId(id)} (${host}, pid ${pid})`;
}

function shortId(id: string): string {
  return id.slice(-ID_SHOWN);
}

function seconds(durationMs: number): string {
  return `${(Math.max(0, durationMs) / 1_000).toFixed(1)} s`;
}

/** `0-3, 7`. */
export function ranges(lanes: readonly number[]): string {
  const parts: [first: number, last: number][] = [];
  for (const lane of lanes.toSorted((a, b) => a - b)) {
    const latest = parts.at(-1);
    if (latest && latest[1] === lane - 1) latest[1] = lane;
    else parts.push([lane, lane]);
  }
  return parts
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
    .join(', ');
}
