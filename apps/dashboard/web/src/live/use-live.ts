import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { API_ROOT } from '../api/request.ts';
import { checkSession } from '../session/session.ts';
import { LiveStream } from './live-stream.ts';
import type { LiveState } from './live-stream.ts';

/** The live figures, for as long as the component is there. */
export function useLive(): LiveState {
  const client = useQueryClient();
  const [stream] = useState(
    () =>
      new LiveStream(
        () => new EventSource(`${API_ROOT}/live`),
        () => void checkSession(client),
      ),
  );
  useEffect(() => {
    stream.start();
    return () => stream.stop();
  }, [stream]);
  return useSyncExternalStore(
    (listener) => stream.subscribe(listener),
    () => stream.state,
  );
}
