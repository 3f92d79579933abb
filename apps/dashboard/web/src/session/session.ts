import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { QueryClient } from '@tanstack/react-query';
import type { Operator } from '../api/documents.ts';
import { ApiError, get, send } from '../api/request.ts';

/** Who is logged in, or how the last session ended. */
export type Session =
  | { readonly kind: 'in'; readonly operator: Operator }
  | { readonly kind: 'out'; readonly why: 'first' | 'left' | 'ended' };

const KEY = ['session'] as const;
/** Tells a later visit that there may be a session; the session itself is in a cookie that scripts cannot read. */
const HINT = 'staffetta-session';

export function useSession() {
  return useQuery({ queryKey: KEY, queryFn: readSession, staleTime: Infinity });
}

/** Logs in and out, each with a promise that fails with ApiError. */
export function useSessionActions() {
  const client = useQueryClient();
  return {
    async logIn(name: string, password: string): Promise<void> {
      const response = await send('POST', 'session', { name, password });
      localStorage.setItem(HINT, '1');
      const operator = (await response.json()) as Operator;
      client.setQueryData(KEY, { kind: 'in', operator } satisfies Session);
    },
    async logOut(): Promise<void> {
      await send('DELETE', 'session').catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
      });
      endSession(client, 'left');
    },
  };
}

/** Back to the log-in page, with nothing left of what was read. */
export function endSession(client: QueryClient, why: 'left' | 'ended'): void {
  localStorage.removeItem(HINT);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
  client.setQueryData(KEY, { kind: 'out', why } satisfies Session);
}

/** Asks the server whether the session still is one. */
export async function checkSession(client: QueryClient): Promise<void> {
  try {
    await get<Operator>('session');
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) endSession(client, 'ended');
  }
}

async function readSession(): Promise<Session> {
  if (localStorage.getItem(HINT) === null) return { kind: 'out', why: 'first' };
  try {
    return { kind: 'in', operator: await get<Operator>('session') };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    localStorage.removeItem(HINT);
    return { kind: 'out', why: 'ended' };
  }
}
