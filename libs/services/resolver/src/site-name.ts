import { createHash } from 'node:crypto';

/** What a site's name is made of: a host and its preference. */
export interface SiteHost {
  readonly name: string;
  readonly preference: number;
}

/** Names longer than this end in a hash. */
export const SITE_NAME_LENGTH_MAX = 200;

const HASH_DIGITS = 32;
/** Fewer labels in common, as `com`, are no relation. */
const COMMON_LABELS_MIN = 2;

/**
 * The name of a set of MX hosts: `mx.example.com` for one, else what differs in parentheses before what is common,
 * as `(aspmx>alt1|alt2).l.google.com`. `>` stands before hosts of a lower preference, `|` between equals, which are
 * sorted. Two sets have the same name if and only if a delivery tries the same hosts in the same order, however the
 * preferences are numbered.
 */
export function siteName(hosts: readonly SiteHost[]): string {
  const groups = groupByPreference(hosts);
  const names = groups.flat();
  const [first = ''] = names;
  if (names.length < 2) return bounded(first);
  const suffix = commonSuffix(names);
  const differing = groups.map((group) =>
    group.map((name) => name.slice(0, name.length - suffix.length)).join('|'),
  );
  return bounded(`(${differing.join('>')})${suffix}`);
}

/** Sorted, each host once, where it is preferred most. */
function groupByPreference(hosts: readonly SiteHost[]): string[][] {
  const sorted = hosts.toSorted((a, b) => a.preference - b.preference);
  const groups = new Map<number, Set<string>>();
  const seen = new Set<string>();
  for (const { name, preference } of sorted) {
    if (seen.has(name)) continue;
    seen.add(name);
    const group = groups.get(preference);
    if (group) group.add(name);
    else groups.set(preference, new Set([name]));
  }
  return [...groups.values()].map((group) => [...group].sort());
}

/** The labels that all names end in, with the dot before them, leaving something of each; empty for none. */
function commonSuffix(names: readonly string[]): string {
  const [first = [], ...others] = names.map((name) => name.split('.').reverse());
  let common = 0;
  const most = Math.min(first.length, ...others.map((labels) => labels.length)) - 1;
  while (common < most && others.every((labels) => labels[common] === first[common])) common++;
  if (common < COMMON_LABELS_MIN) return '';
  return `.${first.slice(0, common).reverse().join('.')}`;
}

function bounded(name: string): string {
  if (name.length <= SITE_NAME_LENGTH_MAX) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS);
  return `${name.slice(0, SITE_NAME_LENGTH_MAX - HASH_DIGITS - 1)}~${hash}`;
}
