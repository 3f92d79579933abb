/** The network of a node of its own: one cable to this machine, and nothing else of the world. */
import { mustRun } from '../../harness/run-program.ts';

const NAME = `staffetta-node-${process.pid}`;
/** Names of interfaces have 15 characters at most. */
const CABLE = { here: `sn${process.pid}h`, there: `sn${process.pid}n` };
/** For documentation (RFC 5737, RFC 3849): no server of the world is hidden by them. */
const BITS = { v4: 24, v6: 64 };

/** An address of each family. */
export interface Addresses {
  readonly v4: string;
  readonly v6: string;
}

export const NODE: Addresses = { v4: '198.51.100.1', v6: '2001:db8:100::1' };
/** This machine, as the node sees it: where clients, PostgreSQL, DNS and other mail servers are. */
export const OUTSIDE: Addresses = { v4: '198.51.100.2', v6: '2001:db8:100::2' };
/** More addresses of this machine. */
export const STRANGER: Addresses = { v4: '198.51.100.3', v6: '2001:db8:100::3' };
/** What the node has for Services of type LoadBalancer. */
export const BALANCED = {
  smtp: { v4: '198.51.100.25', v6: '2001:db8:100::25' },
  mailbox: { v4: '198.51.100.26', v6: '2001:db8:100::26' },
} as const satisfies Record<string, Addresses>;
export const POD_NETWORKS: Addresses = { v4: '10.244.0.0/24', v6: 'fd00:10:244::/64' };

export class NodeNetwork {
  /** What a command begins with that is to run there; not `ip netns exec`, which would hide the control groups. */
  readonly prefix: readonly string[] = ['nsenter', `--net=/run/netns/${NAME}`];

  /** Throws where the addresses are taken, by another node. */
  static async start(): Promise<NodeNetwork> {
    const taken = await mustRun(['ip', '-o', 'address', 'show', 'to', `${NODE.v4}/${BITS.v4}`]);
    if (taken !== '') throw new Error(`another one has the node's addresses: ${taken}`);
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
    for (const own of [OUTSIDE, STRANGER]) await addAddresses(['ip'], own, here);
    await mustRun(['ip', 'link', 'set', here, 'up']);
    const inside = ['ip', '-n', NAME];
    await mustRun([...inside, 'link', 'set', 'lo', 'up']);
    for (const own of [NODE, BALANCED.smtp, BALANCED.mailbox]) {
      await addAddresses(inside, own, there);
    }
    await mustRun([...inside, 'link', 'set', there, 'up']);
    for (const family of ['v4', 'v6'] as const) {
      await mustRun([...inside, 'route', 'add', 'default', 'via', OUTSIDE[family]]);
      // Pods keep their addresses on their way out.
      await mustRun(['ip', 'route', 'add', POD_NETWORKS[family], 'via', NODE[family]]);
    }
    for (const forwards of ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']) {
      await mustRun([...this.prefix, 'sysctl', '-q', '-w', forwards]);
    }
  }
}

/** Nobody else can have them: nobody is asked for that first. */
async function addAddresses(ip: readonly string[], own: Addresses, device: string): Promise<void> {
  await mustRun([...ip, 'address', 'add', `${own.v4}/${BITS.v4}`, 'dev', device]);
  await mustRun([...ip, 'address', 'add', `${own.v6}/${BITS.v6}`, 'dev', device, 'nodad']);
}
