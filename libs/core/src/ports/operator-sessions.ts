import type { OperatorEntry } from './directory-admin.ts';

/** A line of the audit log; `detail` never has secrets. */
export interface AuditEntry {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly who: string;
  readonly action: string;
  readonly object: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Log-ins of operators, and the record of what they did. */
export interface OperatorSessions {
  /** The operator if name and password are right; time does not tell which was wrong. `busy`: try again later. */
  verify(name: string, password: string): Promise<OperatorEntry | 'busy' | undefined>;
  /** Begins a session of an operator; the token is random and kept as its hash only. */
  begin(name: string, token: string, peer: string, lifeMs: number): Promise<void>;
  /** Whose session it is; undefined for one that is unknown, ended or too old. */
  find(token: string): Promise<OperatorEntry | undefined>;
  end(token: string): Promise<void>;
  audit(who: string, action: string, object: string, detail: AuditEntry['detail']): Promise<void>;
  /** Newest first, at most so many (1,000). */
  auditLog(limit: number): Promise<readonly AuditEntry[]>;
}
