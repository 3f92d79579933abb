import { status } from '@grpc/grpc-js';
import type { ClientDuplexStream, StatusObject } from '@grpc/grpc-js';
import type {
  NumberedAnswer,
  ResolveManyRequest,
  ResolveManyResponse,
  ResolverClient,
} from '@staffetta/contracts';
import type { Clock, MxAnswer } from '@staffetta/core';
import { fromMessage } from './messages.ts';
import { QUESTIONS_PER_MESSAGE_MAX, STREAM_LIFE_MS } from './methods.ts';

export interface QuestionLineOptions {
  readonly client: ResolverClient;
  readonly clock: Clock;
  /** Until a question is answered with `temporary`, in milliseconds; meanwhile it is asked again where a stream broke. */
  readonly deadlineMs: number;
  /** Default one minute. */
  readonly streamLifeMs?: number;
}

/** Questions beyond these are answered with `temporary` at once. */
const OPEN_MAX = 10_000;
const REOPEN_MS = { first: 20, most: 500 };
const NUMBER_MAX = 0xffff_ffff;

type Stream = ClientDuplexStream<ResolveManyRequest, ResolveManyResponse>;

interface Question {
  readonly domain: string;
  /** The stream on which it was asked. */
  stream: Stream | undefined;
  readonly timer: NodeJS.Timeout;
  readonly settle: (answer: MxAnswer) => void;
}

/** Questions on their way through a stream; what a broken stream left open is asked again on the next one. */
export class QuestionLine {
  readonly #options: QuestionLineOptions;
  readonly #questions = new Map<number, Question>();
  #unsent: number[] = [];
  #stream: Stream | undefined;
  #streamUntilMs = 0;
  #lastNumber = 0;
  #reopen: NodeJS.Timeout | undefined;
  #reopenMs = REOPEN_MS.first;
  /** Why the last stream broke, until there is an answer again. */
  #trouble: string | undefined;
  #closed = false;

  constructor(options: QuestionLineOptions) {
    this.#options = options;
  }

  /** Nobody answers: the last stream broke, and no answer came since. */
  get isAway(): boolean {
    return this.#trouble !== undefined;
  }

  /** Never rejects. */
  ask(domain: string): Promise<MxAnswer> {
    if (this.#closed) return Promise.resolve(temporary('closed'));
    if (this.#questions.size >= OPEN_MAX) return Promise.resolve(temporary('too many questions'));
    return new Promise((settle) => {
      const number = this.#nextNumber();
      const { deadlineMs } = this.#options;
      const timer = setTimeout(() => this.#giveUp(number), deadlineMs);
      this.#questions.set(number, { domain, stream: undefined, timer, settle });
      this.#queue([number]);
    });
  }

  /** Answers what is open with `temporary`. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#reopen);
    for (const number of this.#questions.keys()) this.#settle(number, temporary('closed'));
    this.#stream?.cancel();
  }

  /** Questions of one turn go in one message. */
  #queue(numbers: readonly number[]): void {
    if (this.#unsent.length === 0 && !this.#reopen) queueMicrotask(() => this.#send());
    this.#unsent.push(...numbers);
  }

  #send(): void {
    if (this.#closed) return;
    const numbers = this.#unsent.filter((number) => this.#questions.has(number));
    this.#unsent = [];
    if (numbers.length === 0) return;
    const stream = this.#openStream();
    for (let from = 0; from < numbers.length; from += QUESTIONS_PER_MESSAGE_MAX) {
      const questions = numbers.slice(from, from + QUESTIONS_PER_MESSAGE_MAX).map((number) => {
        const question = this.#questions.get(number)!;
        question.stream = stream;
        return { number, domain: question.domain };
      });
      stream.write({ questions });
    }
  }

  /** The stream, a new one from time to time: so the load finds instances that came later. */
  #openStream(): Stream {
    const nowMs = performance.now();
    if (this.#stream && nowMs < this.#streamUntilMs) return this.#stream;
    // The old one ends when all that was asked on it is answered.
    this.#stream?.end();
    const stream = this.#options.client.resolveMany();
    this.#stream = stream;
    this.#streamUntilMs = nowMs + (this.#options.streamLifeMs ?? STREAM_LIFE_MS);
    stream.on('data', ({ answers }: ResolveManyResponse) => this.#take(answers));
    stream.on('status', (state: StatusObject) => this.#left(stream, state));
    // Its status says the same.
    stream.on('error', () => undefined);
    return stream;
  }

  #take(answers: readonly NumberedAnswer[]): void {
    this.#reopenMs = REOPEN_MS.first;
    this.#trouble = undefined;
    const nowMs = this.#options.clock.now();
    for (const { number, answer } of answers) this.#settle(number, fromMessage(answer, nowMs));
  }

  /** Asks again, after a while, what the stream left open. */
  #left(stream: Stream, { code, details }: StatusObject): void {
    if (this.#stream === stream) this.#stream = undefined;
    if (this.#closed) return;
    const open = [...this.#questions].flatMap(([number, question]) =>
      question.stream === stream ? [number] : [],
    );
    if (open.length === 0) return;
    if (code !== status.OK) this.#trouble = `${status[code]}: ${details}`;
    if (this.#stream) return this.#queue(open);
    this.#unsent.push(...open);
    this.#reopen ??= setTimeout(() => {
      this.#reopen = undefined;
      this.#send();
    }, this.#reopenMs);
    this.#reopenMs = Math.min(this.#reopenMs * 2, REOPEN_MS.most);
  }

  #giveUp(number: number): void {
    this.#settle(number, temporary(this.#trouble ?? 'no answer in time'));
  }

  #settle(number: number, answer: MxAnswer): void {
    const question = this.#questions.get(number);
    if (!question) return;
    this.#questions.delete(number);
    clearTimeout(question.timer);
    question.settle(answer);
  }

  #nextNumber(): number {
    do this.#lastNumber = this.#lastNumber === NUMBER_MAX ? 1 : this.#lastNumber + 1;
    while (this.#questions.has(this.#lastNumber));
    return this.#lastNumber;
  }
}

function temporary(trouble: string): MxAnswer {
  return { kind: 'temporary', reason: `the resolver: ${trouble}` };
}
