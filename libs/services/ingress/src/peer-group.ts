import { BlockList, isIPv6 } from 'node:net';

/** The addresses that limits count as one: an IPv4 address, or an IPv6 /64. */
export function peerGroup(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length;
    for (let missing = 8 - groups.length - after; missing > 0; missing -= 1) groups.push('0');
  }
  while (groups.length < 4) groups.push('0');
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':')}::/64`;
}

/** Whether the peer is this machine. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** A set of addresses and networks in CIDR form. */
export class Networks {
  readonly #list = new BlockList();
  readonly #empty: boolean;

  /** Throws where an entry is neither. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', bits] = entry.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
    this.#empty = entries.length === 0;
  }

  has(address: string): boolean {
    return !this.#empty && this.#list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}
