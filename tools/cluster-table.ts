/** Where everything of a cluster is, for people. */
import type { Cluster, Member, ServiceName } from './harness/cluster.ts';
import type { Ports } from './harness/staffetta.ts';

/** The doors of each service, with the words of the start's lines. */
const DOORS: { readonly [service in ServiceName]: readonly (readonly [string, keyof Ports])[] } = {
  ingress: [
    ['MX', 'mx'],
    ['submission', 'submission'],
    ['submissions', 'submissions'],
  ],
  mailbox: [
    ['IMAP', 'imap'],
    ['IMAPS', 'imaps'],
    ['POP3', 'pop3'],
    ['POP3S', 'pop3s'],
    ['LMTP', 'lmtp'],
  ],
  api: [['API', 'api']],
  dashboard: [['dashboard', 'dashboard']],
  events: [],
  resolver: [],
  router: [],
  delivery: [],
};

/** A table of every process, then how to log in and how to use the command line. */
export function clusterTable(cluster: Cluster): string {
  const rows = [['name', 'pid', 'ports on 127.0.0.1', 'data folder'], ...rowsOf(cluster)];
  const widths =
    rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const [dashboard] = cluster.of('dashboard');
  if (dashboard === undefined) return lines.join('\n');
  const url = `http://127.0.0.1:${dashboard.process.ports.dashboard}`;
  return [
    ...lines,
    '',
    `dashboard     ${url}/ , operator admin, password ${cluster.password}`,
    `database.url  ${cluster.postgres.url}`,
    'command line  in another terminal, here:',
    `  export STAFFETTA_ADMIN_URL=${url} STAFFETTA_ADMIN_TOKEN_FILE=${dashboard.process.dataDir}/admin-token`,
    '  npx --no staffetta cluster',
    '  npx --no staffetta domain add example.org --local',
    '',
    'Ctrl-C ends all of it and removes its data.',
  ].join('\n');
}

function rowsOf(cluster: Cluster): string[][] {
  const { kafka, postgres, members } = cluster;
  const brokers = kafka?.brokers ?? [];
  return [
    ...members.map(rowOf),
    ['postgres', String(postgres.pid ?? ''), 'a socket', postgres.dataPath],
    ...brokers.map((broker, at) => [
      `kafka-${at + 1}`,
      String(broker.pid ?? ''),
      broker.address.replace(/^.*:/, ''),
      broker.folder,
    ]),
  ];
}

function rowOf({ name, service, process }: Member): string[] {
  const doors = DOORS[service].map(([word, door]) => `${word} ${process.ports[door]}`);
  const inner = [`gRPC ${process.ports.grpc}`, `telemetry ${process.ports.telemetry}`];
  return [name, String(process.pid), [...doors, ...inner].join(', '), process.dataDir];
}
