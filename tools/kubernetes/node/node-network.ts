/** The network of a node of its own: one cable to this machine, and nothing else of the world. */
import { mustRun } from '../../harness/run-program.ts';

const NAME = `staffetta-node-${process.pid}`;
/** Names of interfaces have 15 characters at most. */
const CABLE = { here: `sn${process.pid}h`, there: `sn${process.pid}n` };
const PREFIX_BITS = 24;

/** Of a network for documentation (RFC 5737): no server of the world is hidden by it. */
export const NODE_ADDRESS = '198.51.100.1';
/** This machine, as the node sees it: where clients, PostgreSQL, DNS and other mail servers are. */
export const OUTSIDE_ADDRESS = '198.51.100.2';
/** Another address of this machine. */
export const STRANGER_ADDRESS = '198.51.100.3';
/** What the node has for Services of type LoadBalancer. */
export const BALANCED_ADDRESSES = ['198.51.100.25', '198.51.100.26'] as const;
export const POD_NETWORK = '10.244.0.0/24';
export const SERVICE_NETWORK = '10.96.0.0/16';

export class NodeNetwork {
  /** What a command begins with that is to run there; not `ip netns exec`, which would hide the control groups. */
  readonly prefix: readonly string[] = ['nsenter', `--net=/run/netns/${NAME}`];

  /** Throws where the addresses are taken, by another node. */
  static async start(): Promise<NodeNetwork> {
    const taken = await mustRun(['ip', 'route', 'show', `${NODE_ADDRESS}/${PREFIX_BITS}`]);
    const isThere = await mustRun(['ip', '-o', 'address', 'show', 'to', `${OUTSIDE_ADDRESS}/32`]);
    if (taken + isThere !== '') throw new Error(`${NODE_ADDRESS} is another's: ${isThere}${taken}`);
    const network = new NodeNetwork();
    try {
      await network.#make();
    } catch (error) {
      await network.stop();
      throw error;
    }
    return network;
  }

  async stop(): Promise<void> {
    // The cable and its routes go with the namespace.
    await mustRun(['ip', 'netns', 'delete', NAME]);
  }

  async #make(): Promise<void> {
    await mustRun(['ip', 'netns', 'add', NAME]);
    const { here, there } = CABLE;
    const pair = ['link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', NAME];
    await mustRun(['ip', ...pair]);
    for (const address of [OUTSIDE_ADDRESS, STRANGER_ADDRESS]) {
      await mustRun(['ip', 'address', 'add', `${address}/${PREFIX_BITS}`, 'dev', here]);
    }
    await mustRun(['ip', 'link', 'set', here, 'up']);
    const inside = (args: readonly string[]): Promise<string> =>
      mustRun(['ip', '-n', NAME, ...args]);
    await inside(['link', 'set', 'lo', 'up']);
    await inside(['address', 'add', `${NODE_ADDRESS}/${PREFIX_BITS}`, 'dev', there]);
    for (const address of BALANCED_ADDRESSES) {
      await inside(['address', 'add', `${address}/32`, 'dev', there]);
    }
    await inside(['link', 'set', there, 'up']);
    await inside(['route', 'add', 'default', 'via', OUTSIDE_ADDRESS]);
    // Pods keep their addresses on their way out.
    await mustRun(['ip', 'route', 'add', POD_NETWORK, 'via', NODE_ADDRESS]);
    await mustRun([...this.prefix, 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
  }
}
