import type { EventsView, MailFigures } from '@staffetta/core';
import { STREAM_LIFE_MS } from './methods.ts';

/** Figures one after the other, for the life of a stream or until the signal; a slow reader misses those in between. */
export async function* figureStream(
  view: EventsView,
  signal: AbortSignal,
): AsyncIterable<MailFigures> {
  let latest: MailFigures | undefined;
  let wake = (): void => undefined;
  const unwatch = view.watch((figures) => {
    latest = figures;
    wake();
  });
  const end = AbortSignal.any([signal, AbortSignal.timeout(STREAM_LIFE_MS)]);
  const ended = (): void => wake();
  end.addEventListener('abort', ended);
  try {
    while (!end.aborted) {
      if (latest) {
        const figures = latest;
        latest = undefined;
        yield figures;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    end.removeEventListener('abort', ended);
    unwatch();
  }
}
