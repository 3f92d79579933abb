import { randomBytes } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { OperatorEntry } from '@staffetta/core';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ADMIN_PARTS } from '../admin-parts.ts';
import type { AdminParts } from '../admin-parts.ts';
import { Caller, Needs, SESSION_COOKIE, sessionToken } from '../http/access.ts';
import type { AdminRequest } from '../http/access.ts';
import { Problem } from '../http/problem.ts';
import { ZodPipe } from '../http/zod-pipe.ts';

const SESSION_LIFE_MS = 12 * 3_600_000;
const TOKEN_BYTES = 32;

const logIn = z.strictObject({ name: z.string().max(100), password: z.string().max(1_024) });

/** Log-in sessions of operators. */
@Controller('session')
export class SessionController {
  readonly #parts: AdminParts;

  constructor(@Inject(ADMIN_PARTS) parts: AdminParts) {
    this.#parts = parts;
  }

  @Get()
  @Needs('viewer')
  show(@Caller() operator: OperatorEntry): OperatorEntry {
    return operator;
  }

  @Post()
  @HttpCode(200)
  @Needs('nobody')
  async begin(
    @Body(new ZodPipe(logIn)) { name, password }: z.output<typeof logIn>,
    @Req() request: AdminRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperatorEntry> {
    const { limiter, sessions } = this.#parts;
    const waitMs = limiter.waitMs(request.ip);
    if (waitMs > 0) {
      reply.header('retry-after', Math.ceil(waitMs / 1_000));
      throw new Problem(429, 'too many failed log-ins from this address: wait a few minutes');
    }
    const operator = await sessions.verify(name, password);
    if (operator === 'busy') throw new Problem(503, 'busy: try again in a moment');
    if (!operator) {
      limiter.failed(request.ip);
      await sessions.audit(name, 'session.refused', request.ip, {});
      throw new Problem(401, 'name or password is wrong');
    }
    limiter.succeeded(request.ip);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    await sessions.begin(operator.name, token, request.ip, SESSION_LIFE_MS);
    await sessions.audit(operator.name, 'session.begin', request.ip, {});
    reply.setCookie(SESSION_COOKIE, token, {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: request.protocol === 'https',
      maxAge: SESSION_LIFE_MS / 1_000,
    });
    return operator;
  }

  @Delete()
  @HttpCode(204)
  @Needs('viewer')
  async end(
    @Req() request: AdminRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.#parts.sessions.end(sessionToken(request));
    reply.clearCookie(SESSION_COOKIE, { path: '/' });
  }
}
