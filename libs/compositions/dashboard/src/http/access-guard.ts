import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { OperatorEntry, OperatorRole } from '@staffetta/core';
import type { AdminParts } from '../admin-parts.ts';
import { isSameToken } from '../admin-token.ts';
import { NEEDS, WRITE_HEADER, sessionToken } from './access.ts';
import type { AdminRequest } from './access.ts';
import { Problem } from './problem.ts';

/** Who uses the admin token: the command line. */
const TOKEN_HOLDER: OperatorEntry = { name: 'command line', role: 'admin' };
const RANK: Readonly<Record<OperatorRole, number>> = { viewer: 0, operator: 1, admin: 2 };
const READS = new Set(['GET', 'HEAD']);

/** Lets in who has the admin token, or a session and the role that the handler needs. */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #parts: AdminParts;
  readonly #reflector = new Reflector();

  constructor(parts: AdminParts) {
    this.#parts = parts;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AdminRequest>();
    const needs = this.#reflector.getAllAndOverride<OperatorRole | 'nobody' | undefined>(NEEDS, [
      context.getHandler(),
      context.getClass(),
    ]);
    const bearer = bearerToken(request.headers.authorization);
    if (bearer === undefined && !READS.has(request.method)) refuseForeignWrite(request);
    if (needs === 'nobody') return true;
    const operator = await this.#operator(request, bearer);
    if (!operator) throw new Problem(401, 'log in first');
    if (RANK[operator.role] < RANK[needs ?? 'admin']) {
      throw new Problem(403, `this needs the role ${needs ?? 'admin'}`);
    }
    request.operator = operator;
    return true;
  }

  async #operator(
    request: AdminRequest,
    bearer: string | undefined,
  ): Promise<OperatorEntry | undefined> {
    if (bearer !== undefined) {
      return isSameToken(bearer, this.#parts.token) ? TOKEN_HOLDER : undefined;
    }
    const token = sessionToken(request);
    return token === '' ? undefined : this.#parts.sessions.find(token);
  }
}

function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
}

/** Cookies come with requests that other sites cause; this header does not. */
function refuseForeignWrite(request: AdminRequest): void {
  if (request.headers[WRITE_HEADER] !== undefined) return;
  throw new Problem(403, `the header ${WRITE_HEADER} is missing`);
}
