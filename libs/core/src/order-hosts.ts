import type { MxHost } from './ports/mx-resolver.ts';
import type { Random } from './ports/random.ts';

/**
 * The order in which to try the hosts of one delivery: by preference, at random among equals (RFC 5321 §5.1).
 * Hosts without addresses are left out.
 */
export function orderHosts(hosts: readonly MxHost[], random: Random): MxHost[] {
  const usable = hosts.filter((host) => host.addresses.length > 0);
  const drawn = usable.map((host) => ({ host, chance: random.next() }));
  drawn.sort((a, b) => a.host.preference - b.host.preference || a.chance - b.chance);
  return drawn.map(({ host }) => host);
}
