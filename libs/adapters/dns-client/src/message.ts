import { isIP } from 'node:net';
import packets, { type Answer, type DecodedPacket } from 'dns-packet';
import type { DnsRecord, DnsReply, DnsType } from '@staffetta/core';

/** What a message means for the question that was sent. */
export type Verdict =
  /** It answers it. */
  | { readonly kind: 'reply'; readonly reply: DnsReply }
  /** It has to be asked again by TCP (RFC 2181 §9). */
  | { readonly kind: 'truncated' }
  /** The server does not know EDNS: to be asked again without (RFC 6891 §6.2.2). */
  | { readonly kind: 'no-edns' }
  /** This server will not answer it; another may. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** It is no answer to this question: an old one, or a forgery. */
  | { readonly kind: 'foreign' };

/** Safe from fragmentation on every path (DNS flag day 2020). */
const EDNS_BYTES = 1232;
const HEADER_BYTES = 12;
const QUESTION_BYTES_LEAST = 5;
const RECORD_BYTES_LEAST = 11;
const TTL_SEC_LIMIT = 2 ** 31;
const FAILURES = new Map([
  [1, 'FORMERR'],
  [2, 'SERVFAIL'],
  [4, 'NOTIMP'],
  [5, 'REFUSED'],
]);

/** A recursive query with id 0. */
export function encodeQuery(name: string, type: DnsType, edns: boolean): Buffer {
  return packets.encode({
    type: 'query',
    id: 0,
    flags: packets.RECURSION_DESIRED,
    questions: [{ type, name, class: 'IN' }],
    additionals: edns
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: EDNS_BYTES,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options: [],
          },
        ]
      : [],
  });
}

/** Judges a message whose id has been found right. Never throws, whatever the octets. */
export function judge(message: Buffer, query: Buffer): Verdict {
  if (message.length < HEADER_BYTES) return { kind: 'foreign' };
  const flags = message.readUInt16BE(2);
  const isResponse = (flags & 0x8000) !== 0 && (flags & 0x7800) === 0;
  const rcode = flags & 0x000f;
  const failure = FAILURES.get(rcode);
  // A server that could not read the question need not repeat it.
  const repeats = repeatsQuestion(message, query);
  if (!isResponse || !(repeats || (failure !== undefined && message.readUInt16BE(4) === 0))) {
    return { kind: 'foreign' };
  }
  if ((rcode === 1 || rcode === 4) && hasEdns(query)) return { kind: 'no-edns' };
  if (failure !== undefined) return { kind: 'failed', reason: failure };
  if ((flags & packets.TRUNCATED_RESPONSE) !== 0) return { kind: 'truncated' };
  if (rcode !== 0 && rcode !== 3) return { kind: 'failed', reason: `RCODE ${rcode}` };
  return readReply(message, rcode === 3);
}

function hasEdns(query: Buffer): boolean {
  return query.readUInt16BE(10) === 1;
}

/** Name, type and class as sent; the name in any case. */
function repeatsQuestion(message: Buffer, query: Buffer): boolean {
  let end = HEADER_BYTES;
  for (let label = query[end] ?? 0; label !== 0; label = query[end] ?? 0) end += label + 1;
  end += QUESTION_BYTES_LEAST;
  if (message.length < end || message.readUInt16BE(4) !== 1) return false;
  if (message.compare(query, HEADER_BYTES, end, HEADER_BYTES, end) === 0) return true;
  const repeated = message.toString('latin1', HEADER_BYTES, end).toLowerCase();
  return repeated === query.toString('latin1', HEADER_BYTES, end).toLowerCase();
}

function readReply(message: Buffer, noSuchDomain: boolean): Verdict {
  const packet = decode(message);
  if (!packet) return { kind: 'failed', reason: 'malformed answer' };
  const answers = packet.answers ?? [];
  const authorities = packet.authorities ?? [];
  const negativeTtlSec = readNegativeTtl(authorities);
  if (noSuchDomain) return { kind: 'reply', reply: { kind: 'no-such-domain', negativeTtlSec } };
  const isReferral = authorities.some((record) => record.type === 'NS'); // RFC 2308 §2.2
  if (answers.length === 0 && negativeTtlSec === undefined && isReferral) {
    return { kind: 'failed', reason: 'referral instead of an answer' };
  }
  const records = answers.flatMap((answer) => readRecord(answer) ?? []);
  return { kind: 'reply', reply: { kind: 'answer', records, negativeTtlSec } };
}

/** The counts are believed only as far as the octets could hold them: they size arrays. */
function decode(message: Buffer): DecodedPacket | undefined {
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  const least = HEADER_BYTES + QUESTION_BYTES_LEAST + records * RECORD_BYTES_LEAST;
  if (message.length < least) return undefined;
  try {
    return packets.decode(message);
  } catch {
    return undefined; // the library throws plain errors for every malformed message
  }
}

/** RFC 2308 §5: the lesser of the SOA's own TTL and its minimum. */
function readNegativeTtl(authorities: readonly Answer[]): number | undefined {
  for (const record of authorities) {
    if (record.type === 'SOA') return Math.min(ttlOf(record), record.data.minimum ?? 0);
  }
  return undefined;
}

/** RFC 2181 §8: a TTL with the highest bit set is 0. */
function ttlOf(record: { readonly ttl?: number | undefined }): number {
  const ttl = record.ttl ?? 0;
  return ttl < TTL_SEC_LIMIT ? ttl : 0;
}

function readRecord(record: Answer): DnsRecord | undefined {
  if (record.type === 'OPT' || record.class !== 'IN') return undefined;
  const head = { name: record.name.toLowerCase(), ttlSec: ttlOf(record) };
  switch (record.type) {
    case 'A':
      return isIP(record.data) === 4 ? { ...head, type: 'A', address: record.data } : undefined;
    case 'AAAA':
      return isIP(record.data) === 6 ? { ...head, type: 'AAAA', address: record.data } : undefined;
    case 'CNAME':
      return { ...head, type: 'CNAME', target: record.data.toLowerCase() };
    case 'MX': {
      const { preference = 0, exchange } = record.data;
      return { ...head, type: 'MX', preference, exchange: exchange.toLowerCase() };
    }
    default:
      return undefined;
  }
}
