import assert from 'node:assert/strict';
import { MemoryBudget } from '@staffetta/core';
import type { SmtpListenerOptions } from '@staffetta/core';

/** A plain SMTP door on any free port, with small limits. */
export function listenerOptions(
  changes: Partial<SmtpListenerOptions> & Pick<SmtpListenerOptions, 'open'>,
): SmtpListenerOptions {
  return {
    protocol: 'smtp',
    hosts: ['127.0.0.1'],
    port: 0,
    hostname: 'x.example',
    implicitTls: false,
    tls: undefined,
    limits: {
      sizeBytes: 1_000,
      recipientsMax: 100,
      errorsMax: 20,
      commandsMax: 100,
      idleTimeoutMs: 5_000,
      dataTimeoutMs: 5_000,
    },
    memory: new MemoryBudget(1_000),
    onError: (error) => assert.fail(error),
    ...changes,
  };
}
