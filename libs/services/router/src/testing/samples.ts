import type { MxAnswer, MxResolver, Recipient } from '@staffetta/core';

/** A recipient of a message. */
export function recipientOf(number: number, address: string): Recipient {
  return { number, address, orcpt: '', notify: '', attempts: 0, accountId: '' };
}

/** Answers as told: a site, an answer, or `never`. */
export function resolverOf(
  answers: Readonly<Record<string, string | MxAnswer>>,
): MxResolver & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: (domain, { signal } = {}) => {
      asked.push(domain);
      const answer = answers[domain] ?? { kind: 'temporary', reason: 'no answer' };
      if (answer === 'never') {
        return new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
        });
      }
      if (typeof answer !== 'string') return Promise.resolve(answer);
      return Promise.resolve({
        kind: 'hosts',
        site: answer,
        hosts: [],
        implicit: false,
        expiresAtMs: 0,
      });
    },
    stats: () => ({ entries: 0, hits: 0, misses: 0, questions: 0, failures: 0 }),
  };
}
