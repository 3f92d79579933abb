/** The flags after a change, compared without case; undefined where nothing changes. */
export function changedFlags(
  flags: readonly string[],
  change: 'add' | 'remove' | 'set',
  named: readonly string[],
): readonly string[] | undefined {
  const has = (list: readonly string[], flag: string): boolean =>
    list.some((other) => other.toLowerCase() === flag.toLowerCase());
  const kept =
    change === 'add' ? flags : flags.filter((f) => has(named, f) !== (change === 'remove'));
  const added = change === 'remove' ? [] : named.filter((flag) => !has(flags, flag));
  return kept.length === flags.length && added.length === 0 ? undefined : [...kept, ...added];
}
