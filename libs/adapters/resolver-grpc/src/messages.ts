import { isIPv6 } from 'node:net';
import type { Answer } from '@staffetta/contracts';
import type { MxAnswer } from '@staffetta/core';

const TTL_MS_MAX = 0xffff_ffff;

/** An answer for the wire. */
export function toMessage(answer: MxAnswer, nowMs: number): Answer {
  switch (answer.kind) {
    case 'hosts': {
      const { site, implicit } = answer;
      const hosts = answer.hosts.map(({ name, preference, addresses }) => ({
        name,
        preference,
        addresses: addresses.map(({ address }) => address),
      }));
      const ttlMs = Math.min(Math.max(Math.round(answer.expiresAtMs - nowMs), 0), TTL_MS_MAX);
      return { answer: { $case: 'hosts', value: { site, hosts, implicit, ttlMs } } };
    }
    case 'null-mx':
      return { answer: { $case: 'nullMx', value: {} } };
    case 'no-such-domain':
      return { answer: { $case: 'noSuchDomain', value: {} } };
    case 'no-hosts':
      return { answer: { $case: 'noHosts', value: {} } };
    case 'temporary':
      return { answer: { $case: 'temporary', value: { reason: answer.reason } } };
  }
}

/** An answer from the wire. One of a kind that a newer resolver knows is for now no answer. */
export function fromMessage(message: Answer | undefined, nowMs: number): MxAnswer {
  const answer = message?.answer;
  switch (answer?.$case) {
    case 'hosts': {
      const { site, implicit, ttlMs } = answer.value;
      const hosts = answer.value.hosts.map(({ name, preference, addresses }) => ({
        name,
        preference,
        addresses: addresses.map((address) => ({
          address,
          family: isIPv6(address) ? (6 as const) : (4 as const),
        })),
      }));
      return { kind: 'hosts', site, hosts, implicit, expiresAtMs: nowMs + ttlMs };
    }
    case 'nullMx':
      return { kind: 'null-mx' };
    case 'noSuchDomain':
      return { kind: 'no-such-domain' };
    case 'noHosts':
      return { kind: 'no-hosts' };
    case 'temporary':
      return { kind: 'temporary', reason: answer.value.reason };
    case undefined:
      return { kind: 'temporary', reason: 'the resolver gave an answer of an unknown kind' };
  }
}
