/** Bits of the system flags (RFC 3501 §2.3.2) in `mailbox_message.flags`; part of the data format. */
const BITS: readonly (readonly [flag: string, bit: number])[] = [
  ['\\Seen', 1],
  ['\\Answered', 2],
  ['\\Flagged', 4],
  ['\\Deleted', 8],
  ['\\Draft', 16],
];
const BIT_OF = new Map(BITS.map(([flag, bit]) => [flag.toLowerCase(), bit]));

export const SEEN = 1;
export const DELETED = 8;

/** Flags as they are stored; keywords keep their case and are compared without it. */
export interface StoredFlags {
  readonly bits: number;
  readonly keywords: readonly string[];
}

/** Parts system flags from keywords; `\Recent` is never stored. */
export function storedFlags(flags: readonly string[]): StoredFlags {
  let bits = 0;
  const keywords = new Map<string, string>();
  for (const flag of flags) {
    const lower = flag.toLowerCase();
    const bit = BIT_OF.get(lower);
    if (bit !== undefined) bits |= bit;
    else if (lower !== '\\recent' && !keywords.has(lower)) keywords.set(lower, flag);
  }
  return { bits, keywords: [...keywords.values()] };
}

/** Flags as RFC 3501 writes them. */
export function flagNames(bits: number, keywords: readonly string[] | null): string[] {
  const names = BITS.filter(([, bit]) => (bits & bit) !== 0).map(([flag]) => flag);
  return keywords === null ? names : [...names, ...keywords];
}

/** The flags after a change; undefined where it changes nothing. */
export function changeFlags(
  before: StoredFlags,
  change: 'add' | 'remove' | 'set',
  named: StoredFlags,
): StoredFlags | undefined {
  const bits =
    change === 'set'
      ? named.bits
      : change === 'add'
        ? before.bits | named.bits
        : before.bits & ~named.bits;
  const has = (list: readonly string[], keyword: string): boolean =>
    list.some((other) => other.toLowerCase() === keyword.toLowerCase());
  const kept =
    change === 'add'
      ? before.keywords
      : before.keywords.filter((one) => has(named.keywords, one) === (change === 'set'));
  const added =
    change === 'remove' ? [] : named.keywords.filter((one) => !has(before.keywords, one));
  const same = kept.length === before.keywords.length && added.length === 0;
  return bits === before.bits && same ? undefined : { bits, keywords: [...kept, ...added] };
}
