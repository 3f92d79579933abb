import { SetMetadata, createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { OperatorEntry, OperatorRole } from '@staffetta/core';
import type { FastifyRequest } from 'fastify';

/** The cookie that holds an operator's session. */
export const SESSION_COOKIE = 'staffetta_session';
/** What a page of ours sends with each write, and a form of another site cannot. */
export const WRITE_HEADER = 'x-staffetta-request';
/** Key of what a handler needs. */
export const NEEDS = 'staffetta:needs';

/** A request after it was told who sent it. */
export interface AdminRequest extends FastifyRequest {
  operator?: OperatorEntry;
}

/** The least role that may call the handler; `nobody`: before log-in too. */
export const Needs = (role: OperatorRole | 'nobody') => SetMetadata(NEEDS, role);

/** The operator who calls. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const operator = context.switchToHttp().getRequest<AdminRequest>().operator;
  if (!operator) throw new Error('a handler without access control asked for its caller');
  return operator;
});

/** The token in the session cookie; empty without one. */
export function sessionToken(request: FastifyRequest): string {
  return request.cookies[SESSION_COOKIE] ?? '';
}
