import { Body, Controller, Delete, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import type { OperatorEntry, Page } from '@staffetta/core';
import type { Change, Outcome } from '@staffetta/service-admin';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ADMIN_PARTS } from '../admin-parts.ts';
import type { AdminParts } from '../admin-parts.ts';
import { Caller, Needs } from '../http/access.ts';
import { valueOf } from '../http/problem.ts';
import { ZodPipe } from '../http/zod-pipe.ts';

const TEXT_MAX = 1_024;
const text = z.string().min(1).max(TEXT_MAX);

const schemas = {
  page: z.strictObject({
    after: z.string().max(TEXT_MAX).default(''),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
  }),
  tenant: z.strictObject({ name: text }),
  domain: z.strictObject({
    name: text,
    kind: z.enum(['local', 'relay']),
    nextHop: text.optional(),
    tenant: text.optional(),
  }),
  account: z.strictObject({ address: text, password: text }),
  alias: z.strictObject({ address: text, targets: z.array(text).min(1).max(1_000) }),
  credential: z.strictObject({
    name: text,
    tenant: text.optional(),
    class: z.enum(['bulk', 'normal']).optional(),
    password: text,
  }),
  apikey: z.strictObject({ name: text, tenant: text.optional() }),
  operator: z.strictObject({
    name: text,
    role: z.enum(['viewer', 'operator', 'admin']),
    password: text,
  }),
} as const;

type Input<Name extends keyof typeof schemas> = z.output<(typeof schemas)[Name]>;
const removable = new ZodPipe(z.enum(['domain', 'alias', 'credential', 'apikey', 'operator']));

/** Tenants, domains, accounts, aliases, credentials, API keys and operators. */
@Controller()
@Needs('admin')
export class DirectoryController {
  readonly #parts: AdminParts;

  constructor(@Inject(ADMIN_PARTS) parts: AdminParts) {
    this.#parts = parts;
  }

  @Get('tenants')
  @Needs('viewer')
  tenants(@Query(new ZodPipe(schemas.page)) page: Page): Promise<unknown> {
    return this.#parts.directory.tenants(page);
  }

  @Post('tenants')
  async addTenant(
    @Caller() { name: by }: OperatorEntry,
    @Body(new ZodPipe(schemas.tenant)) tenant: Input<'tenant'>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Change> {
    return answer(reply, await this.#parts.changes.addTenant(by, tenant.name));
  }

  @Get('domains')
  @Needs('viewer')
  domains(@Query(new ZodPipe(schemas.page)) page: Page): Promise<unknown> {
    return this.#parts.directory.domains(page);
  }

  @Post('domains')
  async addDomain(
    @Caller() { name: by }: OperatorEntry,
    @Body(new ZodPipe(schemas.domain)) domain: Input<'domain'>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Change> {
    return answer(reply, await this.#parts.changes.addDomain(by, domain));
  }

  @Get('accounts')
  @Needs('viewer')
  accounts(@Query(new ZodPipe(schemas.page)) page: Page): Promise<unknown> {
    return this.#parts.directory.accounts(page);
  }

  @Post('accounts')
  async addAccount(
    @Caller() { name: by }: OperatorEntry,
    @Body(new ZodPipe(schemas.account)) { address, password }: Input<'account'>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Change> {
    return answer(reply, await this.#parts.changes.addAccount(by, address, password));
  }

  @Get('aliases')
  @Needs('viewer')
  aliases(@Query(new ZodPipe(schemas.page)) page: Page): Promise<unknown> {
    return this.#parts.directory.aliases(page);
  }

  @Post('aliases')
  async addAlias(
    @Caller() { name: by }: OperatorEntry,
    @Body(new ZodPipe(schemas.alias)) { address, targets }: Input<'alias'>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Change> {
    return answer(reply, await this.#parts.changes.addAlias(by, address, targets));
  }

  @Get('credentials')
  @Needs('viewer')
  credentials(@Query(new ZodPipe(schemas.page)) page: Page): Promise<unknown> {
    return this.#parts.directory.credentials(page);
  }

  @Post('credentials')
  async addCredential(
    @Caller() { name: by }: OperatorEntry,
    @Body(new ZodPipe(schemas.credential)) credential: Input<'credential'>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Change> {
    return answer(reply, await this.#parts.changes.addCredential(by, credential));
  }

  @Get('apikeys')
  @Needs('viewer')
  apiKeys(@Query(new ZodPipe(schemas.page)) page: Page): Promise<unknown> {
    return this.#parts.directory.apiKeys(page);
  }

  @Post('apikeys')
  async addApiKey(
    @Caller() { name: by }: OperatorEntry,
    @Body(new ZodPipe(schemas.apikey)) { name, tenant }: Input<'apikey'>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Change> {
    return answer(reply, await this.#parts.changes.addApiKey(by, name, tenant));
  }

  @Get('operators')
  @Needs('viewer')
  operators(@Query(new ZodPipe(schemas.page)) page: Page): Promise<unknown> {
    return this.#parts.directory.operators(page);
  }

  @Post('operators')
  async addOperator(
    @Caller() { name: by }: OperatorEntry,
    @Body(new ZodPipe(schemas.operator)) { name, role, password }: Input<'operator'>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Change> {
    return answer(reply, await this.#parts.changes.addOperator(by, name, role, password));
  }

  @Delete('entries/:kind/:name')
  async remove(
    @Caller() { name: by }: OperatorEntry,
    @Param('kind', removable) kind: 'domain' | 'alias' | 'credential' | 'apikey' | 'operator',
    @Param('name') name: string,
  ): Promise<Change> {
    return valueOf(await this.#parts.changes.remove(by, kind, name));
  }
}

/** 201 for what is new, 200 for what was there already. */
function answer<Value extends Change>(reply: FastifyReply, outcome: Outcome<Value>): Value {
  const change = valueOf(outcome);
  reply.status(change.changed ? 201 : 200);
  return change;
}
