/**
 * The image, built and run; the chart on a real node; a rolling upgrade and scaling under load; the client's address. By
 * hand, as root on Debian: what it runs with is built first. Long: the trial preset too, everything in one pod with a disk.
 */
import type { TrackedLoad } from '../harness/load.ts';
import { Point } from '../harness/point.ts';
import { longestGap } from '../harness/statistics.ts';
import { installMissing } from '../install.ts';
import type { House } from '../kubernetes/node/house.ts';
import { smallHouse, trialHouse } from '../kubernetes/node/houses.ts';
import { apiServerTools } from '../kubernetes/api-server-tools.ts';
import { kubernetesTools } from '../kubernetes/kubernetes-tools.ts';
import { NodeNetwork, OUTSIDE, STRANGER } from '../kubernetes/node/node-network.ts';
import { nodeTools } from '../kubernetes/node/node-tools.ts';
import { OneNode } from '../kubernetes/node/one-node.ts';
import { Outside } from '../kubernetes/node/outside.ts';
import { Reader } from '../kubernetes/node/reader.ts';
import type { ReaderReport } from '../kubernetes/node/reader.ts';
import type { Pod } from '../kubernetes/node/release.ts';
import { IMAGE, NEXT_TAG, RelayImage, TAG } from '../kubernetes/node/relay-image.ts';

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
  await node.containerd.tag(`${IMAGE}:${TAG}`, `${IMAGE}:${NEXT_TAG}`);
  point.figure(
    'Kubernetes',
    /Server Version: (\S+)/.exec(await node.api.must(['version']))?.[1] ?? '',
  );
  const where = { helm: helm4, node, outside };

  progress('installing the small preset');
  await showSmall(point, point.atEnd(await smallHouse(where)));
  if (point.long) {
    progress('installing the trial preset');
    await showTrial(point, point.atEnd(await trialHouse(where)));
  }
});

/** Each service alone: nobody but those that must reconnect sees anything of an upgrade. */
async function showSmall(point: Point, house: House): Promise<void> {
  await boundHook(point, house);
  await boundInstall(point, house);
  await boundAddresses(point, house);
  const reader = await Reader.start(house.release, house.outside);
  const load = house.outside.load({ name: 'load', perSecond: PER_SECOND });
  await house.flows(BETWEEN);
  if (point.long) await boundRenewal(point, house, reader);
  await boundUpgrade(point, house);
  await house.flows(BETWEEN);
  await boundScaling(point, house);
  await load.stop();
  const letters = await reader.stop();
  boundLetters(point, house, letters);
  point.figure('BYE seen by IMAP', letters.byes);
  point.bound('IMAP ends by BYE only', letters.failures.length === 0, letters.failures);
  await boundMail(point, house, load);
  boundClient(point, house, load);
  await boundRemoval(point, house);
}

/** All in one: an upgrade interrupts it, and loses nothing. */
async function showTrial(point: Point, house: House): Promise<void> {
  await boundInstall(point, house);
  const reader = await Reader.start(house.release, house.outside);
  const load = house.outside.load({ name: 'trial', perSecond: PER_SECOND });
  await house.flows(BETWEEN);
  await boundUpgrade(point, house);
  await house.flows(BETWEEN);
  await load.stop();
  boundLetters(point, house, await reader.stop());
  await boundMail(point, house, load);
  point.figure('trial: longest without a 250, ms', longestGap([...load.accepted.values()]));
  await boundRemoval(point, house);
}

function boundImage(point: Point, { built: { buildSeconds, sizeMegabytes, trial } }: RelayImage) {
  point.figure('image built, seconds', buildSeconds);
  point.figure('image, MB with its base', sizeMegabytes);
  point.figure('container ready, seconds', trial.readySeconds);
  point.bound('the container runs as user 10001', trial.user.startsWith('uid=10001'), trial.user);
  point.bound('its root is read-only', trial.rootIsReadOnly);
  point.bound('a mail is taken, delivered and read', trial.mailCode === 0, trial.mail);
  point.bound('it ends with 0', trial.exitCode === 0, trial.exitCode);
}

async function boundInstall(point: Point, { release, installSeconds }: House): Promise<void> {
  const { namespace } = release;
  point.figure(`${namespace}: installed and ready, seconds`, installSeconds);
  boundPods(point, `${namespace}: every pod is ready, none was restarted`, await release.pods());
  const { code, output } = await release.test();
  const lines = output.split('\n').filter((line) => /reader@|SMTP|IMAP/.test(line));
  const what = `${namespace}: helm test sends a mail and reads it, in a pod`;
  point.bound(what, code === 0, code === 0 ? lines : output);
}

async function boundHook(point: Point, { release }: House): Promise<void> {
  const events = await release.events();
  const migrated = events.filter((event) => event.startsWith('Completed mail-staffetta-migrate'));
  point.bound('the hook migrates first', migrated.length === 1, migrated);
}

/** The relay takes mail for others from this machine's first addresses alone: it sees whose it is. */
async function boundAddresses(point: Point, house: House): Promise<void> {
  const few = { perSecond: PER_SECOND, messagesMax: FEW };
  for (const family of ['v4', 'v6'] as const) {
    const own = house.outside.load({ ...few, name: `own-${family}`, from: OUTSIDE[family] });
    await own.finished();
    await house.awaitAll(own);
    const peers = [...new Set([...own.accepted.keys()].map((id) => house.outside.peers.get(id)))];
    const isOwn = own.accepted.size >= FEW && peers.join() === OUTSIDE[family];
    point.bound(`the client's own address is in Received, IP${family}`, isOwn, peers);

    const other = house.outside.load({ ...few, name: `other-${family}`, from: STRANGER[family] });
    await other.finished();
    const isRefused =
      other.accepted.size === 0 && [...other.refused.keys()].join() === `${REFUSED}`;
    const replies = Object.fromEntries(other.refused);
    point.bound(`another address of it may not relay, IP${family}`, isRefused, replies);
  }
  const codes = [];
  for (const policy of ['Cluster', 'Local'] as const) {
    await house.setTrafficPolicy(policy);
    codes.push(await house.relayCodeWhen(policy === 'Local' ? 250 : REFUSED));
  }
  const [hidden, seen] = codes;
  point.bound('with the policy Cluster it is lost', hidden === REFUSED && seen === 250, codes);
}

/** Another certificate in the Secret: connections that are open go on. */
async function boundRenewal(point: Point, house: House, reader: Reader): Promise<void> {
  const before = reader.ends;
  point.progress('renewing the certificate');
  const begin = performance.now();
  await house.renewCertificate();
  point.figure('the new certificate is shown after, seconds', secondsSince(begin));
  await house.flows(BETWEEN);
  const ends = reader.ends - before;
  point.bound(
    'a certificate is renewed in its Secret, and no connection by IMAP ends',
    ends === 0,
    ends,
  );
}

/** Every pod is replaced by one of the next image. */
async function boundUpgrade(point: Point, { release }: House): Promise<void> {
  const { namespace } = release;
  const before = new Set((await release.pods()).map(({ metadata }) => metadata.uid));
  point.progress(`upgrading ${namespace}`);
  const begin = performance.now();
  await release.roll([`image.tag=${NEXT_TAG}`]);
  point.figure(`${namespace}: upgraded and ready, seconds`, secondsSince(begin));
  await release.settled();
  point.figure(`${namespace}: old pods gone, seconds`, secondsSince(begin));
  const pods = await release.pods();
  const kept = pods.filter(({ metadata }) => before.has(metadata.uid));
  point.bound(`${namespace}: the upgrade replaces every pod`, kept.length === 0, pods.length);
}

async function boundScaling(point: Point, house: House): Promise<void> {
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

/** What was accepted came out once. */
async function boundMail(point: Point, house: House, load: TrackedLoad): Promise<void> {
  const { namespace } = house.release;
  await house.awaitAll(load);
  const { arrivals } = house.outside.sink;
  const ids = [...load.accepted.keys()];
  const lost = ids.filter((id) => !arrivals.has(id));
  const doubled = ids.filter((id) => (arrivals.get(id)?.length ?? 0) > 1);
  point.figure(`${namespace}: accepted under load`, ids.length);
  point.bound(`${namespace}: none is lost`, lost.length === 0, lost);
  point.bound(`${namespace}: none is doubled`, doubled.length === 0, doubled);
  const strange = ids.filter((id) => house.outside.peers.get(id) !== OUTSIDE.v4);
  point.bound(`${namespace}: all have the client's own address`, strange.length === 0, strange);
  const ledger = await house.release.cli(['ledger', 'check']);
  point.bound(`${namespace}: the ledger balances`, ledger.code === 0, ledger.output.trim());
  const what = `${namespace}: every pod is ready, none was restarted`;
  boundPods(point, what, await house.release.pods());
}

/** What the client saw of it. */
function boundClient(point: Point, house: House, load: TrackedLoad): void {
  const { arrivals } = house.outside.sink;
  point.figure('421 seen by the client', load.refused.get(CLOSING) ?? 0);
  point.figure('longest without a 250, ms', longestGap([...load.accepted.values()]));
  const came = [...load.accepted.keys()].flatMap((id) => arrivals.get(id) ?? []);
  point.figure('longest without a delivery, ms', longestGap(came));
  const others = [...load.refused].filter(([code]) => code !== CLOSING);
  point.bound('the client sees no other reply than 250 and 421', others.length === 0, others);
  point.bound('no transaction ends without a reply', load.broken === 0, load.broken);
  point.bound('every connection is opened', load.unopened === 0, load.unopened);
}

function boundLetters(point: Point, { release }: House, report: ReaderReport): void {
  const { letters, notOnce } = report;
  const what = `${release.namespace}: each letter is in the mailbox once`;
  point.bound(what, letters > 0 && notOnce.length === 0, notOnce.length === 0 ? letters : notOnce);
}

async function boundRemoval(point: Point, { release }: House): Promise<void> {
  const { namespace } = release;
  const begin = performance.now();
  await release.remove();
  await release.ended().catch(() => undefined);
  point.figure(`${namespace}: uninstalled and gone, seconds`, secondsSince(begin));
  const left = (await release.pods()).map(({ metadata }) => metadata.name);
  point.bound(`${namespace}: helm uninstall ends every pod`, left.length === 0, left);
}

function boundPods(point: Point, bound: string, pods: readonly Pod[]): void {
  const unwell = pods.filter(({ status }) => {
    const [container] = status.containerStatuses ?? [];
    return container?.ready !== true || container.restartCount > 0;
  });
  const names = unwell.map(({ metadata }) => metadata.name);
  point.bound(
    bound,
    pods.length > 0 && names.length === 0,
    names.length === 0 ? pods.length : names,
  );
}

function secondsSince(begin: number): number {
  return Math.round((performance.now() - begin) / 1000);
}
