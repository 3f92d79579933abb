import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { get } from '../api/request.ts';
import type { MinuteCounters } from '../api/documents.ts';

/** Recipients by minute, oldest first, the running minute last. */
export function useHistory(
  minutes: number,
  refreshMs: number,
): readonly MinuteCounters[] | undefined {
  const { data } = useQuery({
    queryKey: ['history', minutes],
    queryFn: () => get<readonly MinuteCounters[]>(`history?minutes=${minutes}`),
    refetchInterval: refreshMs,
    placeholderData: keepPreviousData,
  });
  return data;
}
