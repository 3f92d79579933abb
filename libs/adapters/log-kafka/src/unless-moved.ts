import { setTimeout } from 'node:timers/promises';

/** How long an answer may take before it is looked who is to be asked by now, and between looks. */
const LOOK_MS = 500;

/** What was asked is another broker's by now; whether it was done is not known. */
export class Moved extends Error {
  override readonly name = 'Moved';
}

/** The answer; rejects with `Moved` once another broker is the one to ask, for one that hangs does not say so. */
export async function unlessMoved<Result>(
  answer: Promise<Result>,
  hasMoved: () => Promise<boolean>,
): Promise<Result> {
  const over = new AbortController();
  const moved = async (): Promise<never> => {
    for (;;) {
      await setTimeout(LOOK_MS, undefined, { signal: over.signal });
      if (await hasMoved().catch(() => false)) throw new Moved('another broker is to be asked');
    }
  };
  try {
    return await Promise.race([answer, moved()]);
  } finally {
    over.abort();
  }
}
