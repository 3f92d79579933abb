import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import type {
  LedgerCheck,
  MessageSummary,
  MessageTrace,
  MinuteCounters,
  SiteQueue,
} from '@staffetta/core';
import { z } from 'zod';
import { ADMIN_PARTS } from '../admin-parts.ts';
import type { AdminParts } from '../admin-parts.ts';
import { Needs } from '../http/access.ts';
import { Problem } from '../http/problem.ts';
import { ZodPipe } from '../http/zod-pipe.ts';

const text = z.string().min(1).max(255);
const queueQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});
const messageQuery = z.strictObject({
  state: text.optional(),
  site: text.optional(),
  tenant: text.optional(),
  before: text.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
const historyQuery = z.strictObject({
  minutes: z.coerce.number().int().min(1).max(1_440).default(60),
});

/** Queues, messages, the ledger and counters: everything about mail that can be looked at. */
@Controller()
@Needs('viewer')
export class MailController {
  readonly #parts: AdminParts;

  constructor(@Inject(ADMIN_PARTS) parts: AdminParts) {
    this.#parts = parts;
  }

  @Get('queues')
  queues(
    @Query(new ZodPipe(queueQuery)) { limit }: z.output<typeof queueQuery>,
  ): Promise<readonly SiteQueue[]> {
    return this.#parts.cluster.queues({ limit });
  }

  @Get('queues/:site')
  async queue(@Param('site') site: string): Promise<SiteQueue> {
    const [queue] = await this.#parts.cluster.queues({ site, limit: 1 });
    if (!queue) throw new Problem(404, `nothing waits for the site ${site}`);
    return queue;
  }

  @Get('messages')
  messages(
    @Query(new ZodPipe(messageQuery)) query: z.output<typeof messageQuery>,
  ): Promise<readonly MessageSummary[]> {
    const { state, site, tenant, before, limit } = query;
    return this.#parts.trace.list({
      limit,
      ...(state === undefined ? {} : { state }),
      ...(site === undefined ? {} : { site }),
      ...(tenant === undefined ? {} : { tenantId: tenant }),
      ...(before === undefined ? {} : { beforeId: before }),
    });
  }

  @Get('messages/:id')
  async message(@Param('id') id: string): Promise<MessageTrace> {
    const trace = await this.#parts.trace.message(id.toLowerCase());
    if (!trace) throw new Problem(404, `there is no message ${id}`);
    return trace;
  }

  @Get('ledger')
  ledger(): Promise<LedgerCheck> {
    return this.#parts.ledger.check();
  }

  @Get('history')
  history(
    @Query(new ZodPipe(historyQuery)) { minutes }: z.output<typeof historyQuery>,
  ): Promise<readonly MinuteCounters[]> {
    return this.#parts.trace.minutes(minutes);
  }
}
