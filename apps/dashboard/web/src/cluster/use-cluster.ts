import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { get } from '../api/request.ts';
import type { ClusterSnapshot, Handover } from './documents.ts';

const REFRESH_MS = 2_000;
/** Hand-overs of one page. */
export const HANDOVERS_SHOWN = 12;

/** The cluster, looked at every two seconds; `error` is why the last look failed. */
export function useCluster(): {
  readonly cluster: ClusterSnapshot | undefined;
  readonly error: Error | null;
} {
  const { data, error, failureReason } = useQuery({
    queryKey: ['cluster'],
    queryFn: () => get<ClusterSnapshot>('cluster'),
    refetchInterval: REFRESH_MS,
  });
  return { cluster: data, error: error ?? failureReason };
}

/** One page of hand-overs, from before an id, and whether there are older ones. */
export function useHandovers(beforeId: number | undefined): {
  readonly handovers: readonly Handover[] | undefined;
  readonly hasOlder: boolean;
} {
  const before = beforeId === undefined ? '' : `&before=${beforeId}`;
  const { data } = useQuery({
    queryKey: ['handovers', beforeId],
    queryFn: () =>
      get<readonly Handover[]>(`cluster/handovers?limit=${HANDOVERS_SHOWN + 1}${before}`),
    // What is old does not change.
    refetchInterval: beforeId === undefined ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
  });
  return {
    handovers: data?.slice(0, HANDOVERS_SHOWN),
    hasOlder: (data?.length ?? 0) > HANDOVERS_SHOWN,
  };
}
