import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { withLive } from '@staffetta/service-admin';
import type {
  FoundRecipient,
  LedgerCheck,
  MessageSummary,
  MessageTrace,
  MinuteCounters,
  OpenConnection,
  RouteAnswer,
  SiteQueue,
} from '@staffetta/core';
import { z } from 'zod';
import { ADMIN_PARTS } from '../admin-parts.ts';
import type { AdminParts } from '../admin-parts.ts';
import { Needs } from '../http/access.ts';
import { Problem } from '../http/problem.ts';
import { ZodPipe } from '../http/zod-pipe.ts';

/** Sites of which each worker is asked. */
const LIVE_SITES_MAX = 10_000;

const text = z.string().min(1).max(255);
const queueQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});
const connectionQuery = z.strictObject({
  site: text.optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});
const routeQuery = z.strictObject({ address: z.string().min(1).max(320) });
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

/** Connections of all delivery workers, and which of those do not answer. */
interface ConnectionsView {
  readonly connections: readonly (OpenConnection & { readonly worker: string })[];
  readonly away: readonly { readonly worker: string; readonly reason: string }[];
}

/** Where mail for an address goes: who is behind it, and what the router would do. */
interface RouteView extends RouteAnswer {
  readonly recipient: FoundRecipient;
}

/** Queues, messages, the ledger and counters: everything about mail that can be looked at. */
@Controller()
@Needs('viewer')
export class MailController {
  readonly #parts: AdminParts;

  constructor(@Inject(ADMIN_PARTS) parts: AdminParts) {
    this.#parts = parts;
  }

  @Get('queues')
  async queues(
    @Query(new ZodPipe(queueQuery)) { limit }: z.output<typeof queueQuery>,
  ): Promise<readonly SiteQueue[]> {
    const { cluster, workers } = this.#parts;
    const live = workers.queues({ limit: LIVE_SITES_MAX });
    return withLive(await cluster.queues({ limit }), await live);
  }

  @Get('queues/:site')
  async queue(@Param('site') site: string): Promise<SiteQueue> {
    const { cluster, workers } = this.#parts;
    const live = workers.queues({ site, limit: 1 });
    const [queue] = withLive(await cluster.queues({ site, limit: 1 }), await live);
    if (!queue) throw new Problem(404, `nothing waits for the site ${site}`);
    return queue;
  }

  @Get('connections')
  async connections(
    @Query(new ZodPipe(connectionQuery)) { site, limit }: z.output<typeof connectionQuery>,
  ): Promise<ConnectionsView> {
    const filter = { limit, ...(site === undefined ? {} : { site }) };
    const answers = await this.#parts.workers.connections(filter);
    const connections = answers.flatMap((answer) =>
      answer.kind === 'away' ? [] : answer.values.map((one) => ({ ...one, worker: answer.worker })),
    );
    const away = answers.flatMap((answer) =>
      answer.kind === 'away' ? [{ worker: answer.worker, reason: answer.reason }] : [],
    );
    const oldest = connections.toSorted((a, b) => a.openedAtMs - b.openedAtMs);
    return { connections: oldest.slice(0, limit), away };
  }

  /** Where mail for an address would go. */
  @Get('route')
  async route(
    @Query(new ZodPipe(routeQuery)) { address }: z.output<typeof routeQuery>,
  ): Promise<RouteView> {
    const { accounts, routes } = this.#parts;
    const [[recipient], [answer]] = await Promise.all([
      accounts.find([address]),
      routes.route([address]),
    ]);
    if (!recipient || !answer) throw new Error('an address without an answer');
    return { ...answer, recipient };
  }

  @Get('messages')
  messages(
    @Query(new ZodPipe(messageQuery)) query: z.output<typeof messageQuery>,
  ): Promise<readonly MessageSummary[]> {
    const { state, site, tenant, before, limit } = query;
    return this.#parts.events.list({
      limit,
      ...(state === undefined ? {} : { state }),
      ...(site === undefined ? {} : { site }),
      ...(tenant === undefined ? {} : { tenantId: tenant }),
      ...(before === undefined ? {} : { beforeId: before }),
    });
  }

  @Get('messages/:id')
  async message(@Param('id') id: string): Promise<MessageTrace> {
    const trace = await this.#parts.events.message(id.toLowerCase());
    if (!trace) throw new Problem(404, `there is no message ${id}`);
    return trace;
  }

  @Get('ledger')
  ledger(): Promise<LedgerCheck> {
    return this.#parts.events.check();
  }

  @Get('history')
  history(
    @Query(new ZodPipe(historyQuery)) { minutes }: z.output<typeof historyQuery>,
  ): Promise<readonly MinuteCounters[]> {
    return this.#parts.events.minutes(minutes);
  }
}
