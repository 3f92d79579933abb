import { setTimeout as wait } from 'node:timers/promises';
import type { Dns, DnsRecord, DnsReply } from '@staffetta/core';
import type { DnsZone, ZoneRecord } from './dns-zone.ts';

/**
 * The DNS port answered from a zone in memory, for fast tests. A fault that leaves a client without an answer is a
 * temporary failure at once; `truncate` does nothing.
 */
export function zoneDns(zone: DnsZone): Dns {
  return {
    async query(name, type, options = {}) {
      options.signal?.throwIfAborted();
      const answer = zone.answer(name, type);
      const fault = zone.faultOf(name);
      if (typeof fault === 'object') {
        await wait(
          fault.delayMs,
          undefined,
          options.signal ? { signal: options.signal } : {},
        ).catch(() => options.signal?.throwIfAborted());
      } else if (fault !== undefined && fault !== 'truncate') {
        return { kind: 'temporary', reason: fault };
      }
      const { negativeTtlSec } = answer;
      const reply: DnsReply =
        answer.rcode === 'NXDOMAIN'
          ? { kind: 'no-such-domain', negativeTtlSec }
          : { kind: 'answer', records: answer.records.map(toRecord), negativeTtlSec };
      return reply;
    },
  };
}

function toRecord(record: ZoneRecord): DnsRecord {
  const { name, ttlSec, type, value } = record;
  if (type === 'MX') return { type, name, ttlSec, preference: record.preference, exchange: value };
  if (type === 'CNAME') return { type, name, ttlSec, target: value };
  return { type, name, ttlSec, address: value };
}
