import { MemoryBudget } from '@staffetta/core';
import type { MailStore } from '@staffetta/core';
import { MemoryMailStore } from '@staffetta/testing';
import type { SessionOptions } from '../session-options.ts';

/** Options of sessions in tests: any user has the password `secret`; for `down` nobody can say. */
export function testOptions(
  store: MailStore = new MemoryMailStore(),
  onError = (error: unknown): void => {
    throw error;
  },
): SessionOptions {
  return {
    store,
    hostname: 'mail.example.com',
    memory: new MemoryBudget(10_000_000),
    appendMaxBytes: 1_000_000,
    onError,
    authenticator: {
      async authenticate(user, password) {
        if (user === 'down') return { kind: 'unavailable' };
        if (password !== 'secret') return { kind: 'refused' };
        return { kind: 'ok', accountId: user, address: user };
      },
    },
  };
}
