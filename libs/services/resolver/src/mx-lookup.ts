import { isDnsName } from '@staffetta/core';
import type { Clock, DnsRecord, MxAddress, MxAnswer, MxHost } from '@staffetta/core';
import { FAILURE_HOLD_MS } from './hold.ts';
import type { RecordSet, RecordSets } from './record-sets.ts';
import { siteName, type SiteHost } from './site-name.ts';

/** An answer and how long it holds. */
export interface KeptAnswer {
  readonly answer: MxAnswer;
  readonly expiresAtMs: number;
}

/** More MX hosts than these are not looked at, by preference and name. */
export const MX_HOSTS_MAX = 32;
/** More addresses of one family than these are not taken. */
export const ADDRESSES_MAX = 16;
/** How long an answer is used of which a part failed: a host whose AAAA never answers must not be asked all the time. */
const PARTIAL_HOLD_MS = 60_000;

interface ResolvedHost {
  readonly host: MxHost;
  readonly failure: string | undefined;
  readonly expiresAtMs: number;
}

/** Looks a domain's mail servers up (RFC 5321 §5.1, RFC 7505). */
export async function lookUpMx(
  sets: RecordSets,
  clock: Clock,
  domain: string,
): Promise<KeptAnswer> {
  const mx = await sets.find(domain, 'MX');
  const { expiresAtMs } = mx;
  if (mx.kind === 'temporary') return { answer: temporary(mx.reason), expiresAtMs };
  if (mx.kind === 'no-such-domain') return { answer: { kind: 'no-such-domain' }, expiresAtMs };
  const implicit = mx.records.length === 0;
  const wanted = implicit ? [{ name: mx.canonicalName, preference: 0 }] : namedHosts(mx.records);
  if (wanted === 'null-mx') return { answer: { kind: 'null-mx' }, expiresAtMs };
  const resolved = await Promise.all(wanted.map((host) => resolveHost(sets, clock, host)));
  return judgeHosts(resolved, implicit, expiresAtMs, clock.now());
}

/** By preference, then name, each once. A lone `.` is a null MX; beside others it is none (RFC 7505 §3). */
function namedHosts(records: readonly DnsRecord[]): SiteHost[] | 'null-mx' {
  const mx = records.filter((record) => record.type === 'MX');
  if (mx.every(({ exchange }) => exchange === '.')) return 'null-mx';
  const sorted = mx
    .filter(({ exchange }) => isDnsName(exchange))
    .map(({ exchange, preference }) => ({ name: exchange, preference }))
    .sort((a, b) => a.preference - b.preference || (a.name < b.name ? -1 : 1));
  const byName = new Map<string, SiteHost>();
  for (const host of sorted) if (!byName.has(host.name)) byName.set(host.name, host);
  return [...byName.values()].slice(0, MX_HOSTS_MAX);
}

async function resolveHost(sets: RecordSets, clock: Clock, host: SiteHost): Promise<ResolvedHost> {
  const [v4, v6] = await Promise.all([sets.find(host.name, 'A'), sets.find(host.name, 'AAAA')]);
  const addresses = [...addressesOf(v4, 4), ...addressesOf(v6, 6)];
  const failed = [v4, v6].find((set) => set.kind === 'temporary');
  const known = [v4, v6].flatMap((set) => (set.kind === 'temporary' ? [] : [set.expiresAtMs]));
  const partialMs = failed ? clock.now() + PARTIAL_HOLD_MS : Infinity;
  return {
    host: { ...host, addresses },
    failure: failed?.reason,
    expiresAtMs: Math.min(partialMs, ...known),
  };
}

function addressesOf(set: RecordSet, family: 4 | 6): MxAddress[] {
  if (set.kind !== 'records') return [];
  return set.records
    .slice(0, ADDRESSES_MAX)
    .flatMap((record) => ('address' in record ? [{ address: record.address, family }] : []));
}

/** What the hosts found come to. */
function judgeHosts(
  resolved: readonly ResolvedHost[],
  implicit: boolean,
  mxExpiresAtMs: number,
  nowMs: number,
): KeptAnswer {
  const expiresAtMs = Math.min(mxExpiresAtMs, ...resolved.map((host) => host.expiresAtMs));
  const hosts = resolved.map(({ host }) => host);
  if (hosts.some(({ addresses }) => addresses.length > 0)) {
    const site = siteName(hosts);
    return { answer: { kind: 'hosts', site, hosts, implicit, expiresAtMs }, expiresAtMs };
  }
  const failure = resolved.find((host) => host.failure !== undefined)?.failure;
  if (failure === undefined) return { answer: { kind: 'no-hosts' }, expiresAtMs };
  return { answer: temporary(failure), expiresAtMs: nowMs + FAILURE_HOLD_MS };
}

function temporary(reason: string): MxAnswer {
  return { kind: 'temporary', reason };
}
