/** A round that failed, or asked to come later, is followed by the next one after this time, in milliseconds. */
const RETRY_MS = 500;

/** What a round found: maybe more at once, nothing until it is woken, or that its time has not come. */
export type RoundResult = 'more' | 'nothing' | 'later';

/** What is done for each subject (a lane, say), round after round. */
export interface WokenRoundsOptions<Subject> {
  readonly round: (subject: Subject) => Promise<RoundResult>;
  /** Asked before each round; once it is false no other is begun until the subject is woken again. */
  readonly mayRun: (subject: Subject) => boolean;
  /** Told of a round that failed; it is repeated. */
  readonly onError: (error: unknown) => void;
}

interface Running {
  again: boolean;
  done: Promise<void>;
}

/** Does rounds for a subject, one at a time, until nothing has woken it since the last one began. */
export class WokenRounds<Subject> {
  readonly #options: WokenRoundsOptions<Subject>;
  readonly #running = new Map<Subject, Running>();

  constructor(options: WokenRoundsOptions<Subject>) {
    this.#options = options;
  }

  /** There may be something to do: a round is begun, or another one after that under way. */
  wake(subject: Subject): void {
    const running = this.#running.get(subject);
    if (running) {
      running.again = true;
      return;
    }
    if (!this.#options.mayRun(subject)) return;
    const begun: Running = { again: true, done: Promise.resolve() };
    this.#running.set(subject, begun);
    begun.done = this.#run(subject, begun);
  }

  /** Resolves when no round of the subject is under way; to be asked once it may not run any more. */
  async ended(subject: Subject): Promise<void> {
    await this.#running.get(subject)?.done;
  }

  async #run(subject: Subject, state: Running): Promise<void> {
    const { round, mayRun, onError } = this.#options;
    while (state.again && mayRun(subject)) {
      state.again = false;
      const result = await round(subject).catch((error: unknown) => {
        onError(error);
        return 'later' as const;
      });
      if (result === 'later') await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      if (result !== 'nothing') state.again = true;
    }
    this.#running.delete(subject);
  }
}
