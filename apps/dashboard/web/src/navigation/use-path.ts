import { useSyncExternalStore } from 'react';

const MOVED = 'staffetta-moved';

/** The address's path, and a way to another page without loading it anew. */
export function usePath(): readonly [path: string, go: (path: string) => void] {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  return [path, go];
}

function go(path: string): void {
  if (path === location.pathname) return;
  history.pushState(null, '', path);
  dispatchEvent(new Event(MOVED));
  scrollTo(0, 0);
}

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener);
  addEventListener(MOVED, listener);
  return () => {
    removeEventListener('popstate', listener);
    removeEventListener(MOVED, listener);
  };
}
