import { createHash } from 'node:crypto';
import type { AuditEntry, OperatorEntry, OperatorSessions } from '@staffetta/core';
import type { Database } from '../database.ts';
import { PasswordsBusy, verifyNothing, verifyPassword } from '../directory/password.ts';

/** Largest part of the audit log that is read at once. */
const AUDIT_MAX = 1_000;

/** Sessions of operators and the audit log, in PostgreSQL. */
export class PostgresOperatorSessions implements OperatorSessions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async verify(name: string, password: string): Promise<OperatorEntry | 'busy' | undefined> {
    const [row] = await this.#database.query<OperatorEntry & { hash: string }>(
      'select name, role, password_hash as hash from operator where name = $1',
      [name],
    );
    try {
      const right = row ? await verifyPassword(password, row.hash) : await verifyNothing(password);
      return row && right ? { name: row.name, role: row.role } : undefined;
    } catch (error) {
      if (error instanceof PasswordsBusy) return 'busy';
      throw error;
    }
  }

  async begin(name: string, token: string, peer: string, lifeMs: number): Promise<void> {
    await this.#database.query('delete from operator_session where expires_at < now()');
    await this.#database.query(
      `insert into operator_session (token_hash, operator, peer, expires_at)
       values ($1, $2, $3, now() + $4 * interval '1 millisecond')`,
      [hashToken(token), name, peer, lifeMs],
    );
  }

  async find(token: string): Promise<OperatorEntry | undefined> {
    const [row] = await this.#database.query<{ name: string; role: OperatorEntry['role'] }>(
      `select operator.name, operator.role
       from operator_session join operator on operator.name = operator_session.operator
       where token_hash = $1 and expires_at > now()`,
      [hashToken(token)],
    );
    return row;
  }

  async end(token: string): Promise<void> {
    await this.#database.query('delete from operator_session where token_hash = $1', [
      hashToken(token),
    ]);
  }

  async audit(
    who: string,
    action: string,
    object: string,
    detail: AuditEntry['detail'],
  ): Promise<void> {
    await this.#database.query(
      'insert into audit (who, action, object, detail) values ($1, $2, $3, $4)',
      [who, action, object, JSON.stringify(detail)],
    );
  }

  async auditLog(limit: number): Promise<readonly AuditEntry[]> {
    return this.#database.query<{ [Key in keyof AuditEntry]: AuditEntry[Key] }>(
      `select at as "atMs", who, action, object, detail from audit order by id desc limit $1`,
      [Math.min(limit, AUDIT_MAX)],
    );
  }
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
