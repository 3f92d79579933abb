import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/request.ts';
import { endSession } from './session.ts';

const RETRIES_MAX = 1;

/** Reads from the admin API; an answer that the session is over leads back to the log-in page. */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiError && error.status === 401) endSession(client, 'ended');
      },
    }),
    defaultOptions: {
      queries: {
        retry: (failures, error) =>
          failures < RETRIES_MAX && !(error instanceof ApiError && error.status === 401),
      },
    },
  });
  return client;
}
