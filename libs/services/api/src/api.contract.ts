import { MemoryDirectory, MemoryLog } from '@staffetta/log-memory';
import { NodemailerComposer } from '@staffetta/mail-composer';
import type { AcceptedEvent, StoredRecord } from '@staffetta/core';
import { Transmissions } from './transmissions.ts';
import type { ApiAnswer, ApiClient } from './index.ts';

/** An answer's body as the tests read it. */
export interface AnswerBody {
  readonly errors?: { message: string; code?: string; description?: string; part?: string }[];
  readonly results?: {
    id?: string;
    total_accepted_recipients: number;
    total_rejected_recipients: number;
    rcpt_to_errors?: { code?: string; description?: string }[];
  };
}

export const NOW_MS = Date.parse('2026-05-05T10:00:00Z');

/** Transmissions on a log and a directory in memory; example.com is the client's domain. */
export class Api {
  readonly log = new MemoryLog();
  readonly directory = new MemoryDirectory();
  readonly transmissions: Transmissions;
  readonly client: ApiClient = { keyId: 'key-1', tenantId: 'default', peer: '192.0.2.1' };

  constructor(sizeBytesMax = 1_000_000) {
    this.directory.addDomain('example.com', 'local');
    this.directory.addDomain('other.example', 'local', 'other');
    this.transmissions = new Transmissions({
      log: this.log,
      directory: this.directory,
      composer: new NodemailerComposer(),
      clock: { now: () => NOW_MS },
      hostname: 'relay.example.com',
      expiresMs: 1_000,
      sizeBytesMax,
    });
  }

  async send(body: unknown, errorsMax = 1_000): Promise<ApiAnswer & { body: AnswerBody }> {
    return this.transmissions.send(this.client, body, errorsMax);
  }

  async records(bulk = false): Promise<readonly StoredRecord[]> {
    const limits = { recordsMax: 100_000, bytesMax: Number.MAX_SAFE_INTEGER };
    return this.log.read({ topic: 'accepted', lane: 0, bulk }, 1, limits);
  }

  /** The messages as texts. */
  async messages(bulk = false): Promise<string[]> {
    return (await this.records(bulk)).map(({ body }) => body.bytes!.toString());
  }

  get accepted(): AcceptedEvent[] {
    return this.log.events.filter((event) => event.type === 'accepted');
  }
}

/** A request that is valid, with parts replaced. */
export function request(
  content: Record<string, unknown> = {},
  rest: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    recipients: [{ address: 'to@example.org' }],
    content: { from: 'me@example.com', subject: 'Hello', text: 'Hello there', ...content },
    ...rest,
  };
}
