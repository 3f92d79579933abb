/**
 * The image, built and run; the chart on a real node; a rolling upgrade and scaling under load; the client's address. By
 * hand, as root on Debian: what it runs with is built first.
 */
import type { TrackedLoad } from '../harness/load.ts';
import { Point } from '../harness/point.ts';
import { installMissing } from '../install.ts';
import { apiServerTools } from '../kubernetes/api-server-tools.ts';
import { kubernetesTools } from '../kubernetes/kubernetes-tools.ts';
import { NodeNetwork, OUTSIDE_ADDRESS, STRANGER_ADDRESS } from '../kubernetes/node/node-network.ts';
import { nodeTools } from '../kubernetes/node/node-tools.ts';
import { OneNode } from '../kubernetes/node/one-node.ts';
import { Outside, SENDER_DOMAIN } from '../kubernetes/node/outside.ts';
import type { Pod } from '../kubernetes/node/release.ts';
import { RelayImage } from '../kubernetes/node/relay-image.ts';
import { NEXT_TAG, SmallHouse } from '../kubernetes/node/small-house.ts';

const PROGRAMS = [
  ...['etcd', 'buildah', 'podman', 'conmon', 'debootstrap', 'runc', 'host-local'],
  ...['iptables', 'conntrack', 'ip', 'unbound', 'git', 'pip3'],
];
const PER_SECOND = 50;
const FEW = 20;
/** So much mail flows between two changes. */
const BETWEEN = 250;
const CLOSING = 421;
const REFUSED = 550;

await new Point('3.4').run(async (point) => {
  const progress = (text: string): void => point.progress(text);
  const missing = await installMissing(PROGRAMS);
  if (missing !== undefined) throw new Error(missing);
  const { helm4 } = await kubernetesTools();
  progress('the first time, the API server and the node are built: up to half an hour');
  const tools = { apiServerTools: await apiServerTools(), tools: await nodeTools(progress) };

  const image = point.atEnd(await RelayImage.build(tools.tools.pause, progress));
  boundImage(point, image);

  progress('starting the node');
  const network = point.atEnd(await NodeNetwork.start());
  const outside = point.atEnd(await Outside.start());
  const options = { ...tools, dnsPort: outside.dnsPort, images: image.archives };
  const node = point.atEnd(await OneNode.start(options, network));
  progress('installing the chart');
  const house = point.atEnd(await SmallHouse.install(helm4, node, outside));
  await boundInstall(point, house);
  await boundAddresses(point, house);

  const load = house.load('load', PER_SECOND);
  await house.flows(BETWEEN);
  await boundUpgrade(point, house);
  await boundScaling(point, house);
  await load.stop();
  await house.awaitAll(load);
  await boundMail(point, house, load);
  await boundRemoval(point, house);
});

function boundImage(point: Point, { built: { buildSeconds, sizeMegabytes, trial } }: RelayImage) {
  point.figure('image built, seconds', buildSeconds);
  point.figure('image, MB with its base', sizeMegabytes);
  point.figure('container ready, seconds', trial.readySeconds);
  point.bound('the container runs as user 10001', /^uid=10001/.test(trial.user), trial.user);
  point.bound('its root is read-only', trial.rootIsReadOnly);
  point.bound('a mail is taken, delivered and read', trial.mailCode === 0, trial.mail);
  point.bound('it ends with 0', trial.exitCode === 0, trial.exitCode);
}

async function boundInstall(point: Point, { release, installSeconds, node }: SmallHouse) {
  point.figure('installed and ready, seconds', installSeconds);
  const events = await release.events();
  const migrated = events.filter((event) => /^Completed mail-staffetta-migrate/.test(event));
  point.bound('the hook migrates before it', migrated.length === 1, migrated);
  boundPods(point, 'every pod is ready, none was restarted', await release.pods());
  const { code, output } = await release.test();
  const lines = output.split('\n').filter((line) => /^Phase|reader@|SMTP|IMAP/.test(line));
  point.bound(
    'helm test sends a mail and reads it in a pod',
    code === 0,
    code === 0 ? lines : output,
  );
  await release.must(['domain', 'add', SENDER_DOMAIN, '--relay']);
  point.figure('Kubernetes', (await node.api.must(['version'])).trim().split('\n').at(-1) ?? '');
}

/** The relay takes mail for others from one address alone: it sees whose it is. */
async function boundAddresses(point: Point, house: SmallHouse): Promise<void> {
  const known = house.load('known', PER_SECOND, { messagesMax: FEW });
  await known.finished();
  await house.awaitAll(known);
  const peers = [...new Set([...known.accepted.keys()].map((id) => house.outside.peers.get(id)))];
  const isOurs = known.accepted.size === FEW && peers.join() === OUTSIDE_ADDRESS;
  point.bound("the client's own address is in Received", isOurs, peers);

  const more = { messagesMax: FEW, localAddress: STRANGER_ADDRESS };
  const stranger = house.load('stranger', PER_SECOND, more);
  await stranger.finished();
  const isRefused = stranger.refused.get(REFUSED) === FEW;
  const replies = Object.fromEntries(stranger.refused);
  point.bound('another address of this machine may not relay', isRefused, replies);

  const codes = [];
  for (const policy of ['Cluster', 'Local'] as const) {
    await house.setTrafficPolicy(policy);
    codes.push(await house.relayCodeWhen(policy === 'Local' ? 250 : REFUSED));
  }
  const [hidden, seen] = codes;
  point.bound('with the policy Cluster it is lost', hidden === REFUSED && seen === 250, codes);
}

/** Every pod is replaced by one of the next image. */
async function boundUpgrade(point: Point, house: SmallHouse): Promise<void> {
  const { release } = house;
  const before = new Set((await release.pods()).map(({ metadata }) => metadata.name));
  point.progress('upgrading');
  const begin = performance.now();
  await release.roll([`image.tag=${NEXT_TAG}`]);
  point.figure('upgraded and ready, seconds', Math.round((performance.now() - begin) / 1000));
  await release.settled();
  point.figure('old pods gone, seconds', Math.round((performance.now() - begin) / 1000));
  const pods = await release.pods();
  const kept = pods.filter(({ metadata }) => before.has(metadata.name));
  point.bound('the upgrade replaces every pod', kept.length === 0, before.size);
  boundPods(point, 'every new pod is ready, none was restarted', pods);
  await house.flows(BETWEEN);
}

async function boundScaling(point: Point, house: SmallHouse): Promise<void> {
  const { release } = house;
  const lanes: (readonly number[])[] = [];
  for (const workers of [4, 2]) {
    point.progress(`${workers} delivery workers`);
    await release.roll([`image.tag=${NEXT_TAG}`, `services.delivery.replicas=${workers}`]);
    await release.settled();
    lanes.push(await house.lanesOf(workers));
    await house.flows(BETWEEN);
  }
  point.bound('4 workers share the lanes, then 2', lanes.length === 2, lanes);
}

async function boundMail(point: Point, house: SmallHouse, load: TrackedLoad): Promise<void> {
  const arrivals = new Map(
    [...house.outside.sink.arrivals].filter(([id]) => id.startsWith(`${load.name}-`)),
  );
  const lost = [...load.accepted.keys()].filter((id) => !arrivals.has(id));
  const doubled = [...arrivals].filter(([, times]) => times.length > 1).map(([id]) => id);
  point.figure('accepted under load', load.accepted.size);
  point.figure('421 seen by the client', load.refused.get(CLOSING) ?? 0);
  point.figure('longest without a 250, ms', longestGapMs(load.accepted.values()));
  const came = [...arrivals.values()].flat();
  point.figure('longest without a delivery, ms', longestGapMs(came));
  point.bound('none is lost', lost.length === 0, lost);
  point.bound('none is doubled', doubled.length === 0, doubled);
  const others = [...load.refused].filter(([code]) => code !== CLOSING);
  point.bound('the client sees no other reply than 250 and 421', others.length === 0, others);
  point.bound('no transaction ends without a reply', load.broken === 0, load.broken);
  point.bound('every connection is opened', load.unopened === 0, load.unopened);
  const strange = [...load.accepted.keys()].filter(
    (id) => house.outside.peers.get(id) !== OUTSIDE_ADDRESS,
  );
  point.bound("all have the client's own address", strange.length === 0, strange);
  const ledger = await house.release.cli(['ledger', 'check']);
  point.bound('the ledger balances', ledger.code === 0, ledger.output.trim());
  boundPods(point, 'no pod was restarted', await house.release.pods());
}

function longestGapMs(times: Iterable<number>): number {
  const inOrder = [...times].sort((a, b) => a - b);
  return Math.max(...inOrder.slice(1).map((time, at) => time - (inOrder[at] ?? time)));
}

async function boundRemoval(point: Point, { release }: SmallHouse): Promise<void> {
  const begin = performance.now();
  await release.remove();
  await release.settled();
  point.figure('uninstalled, seconds', Math.round((performance.now() - begin) / 1000));
  const left = (await release.pods()).map(({ metadata }) => metadata.name);
  point.bound('nothing runs after helm uninstall', left.length === 0, left);
}

function boundPods(point: Point, bound: string, pods: readonly Pod[]): void {
  const unwell = pods.filter(({ status }) => {
    const [container] = status.containerStatuses ?? [];
    return container?.ready !== true || container.restartCount > 0;
  });
  const names = unwell.map(({ metadata }) => metadata.name);
  point.bound(
    bound,
    pods.length > 0 && unwell.length === 0,
    unwell.length === 0 ? pods.length : names,
  );
}
