import { status } from '@grpc/grpc-js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { ResolverService } from '@staffetta/contracts';
import type {
  NumberedAnswer,
  NumberedQuestion,
  ResolveManyRequest,
  ResolveManyResponse,
  ResolverServer,
} from '@staffetta/contracts';
import type { Clock, MxResolver } from '@staffetta/core';
import { unary } from '@staffetta/grpc';
import type { GrpcOffer } from '@staffetta/grpc';
import { toMessage } from './messages.ts';
import { ANSWERS_PER_MESSAGE_MAX } from './methods.ts';

/** A stream with more open questions is not read on. */
const OPEN_MAX = 1_000;

type Stream = ServerDuplexStream<ResolveManyRequest, ResolveManyResponse>;

/** Exposes a resolver by gRPC. */
export class ResolverOffer implements GrpcOffer {
  readonly definition = ResolverService;
  readonly implementation: ResolverServer;
  readonly #resolver: MxResolver;
  readonly #clock: Clock;
  readonly #streams = new Set<AnswerStream>();
  #draining = false;

  constructor(resolver: MxResolver, clock: Clock) {
    this.#resolver = resolver;
    this.#clock = clock;
    this.implementation = {
      resolve: unary(async ({ domain }, signal) => ({
        answer: toMessage(await resolver.resolve(domain, { signal }), clock.now()),
      })),
      resolveMany: (call) => this.#open(call),
    };
  }

  /** Answers what was asked, then ends the streams. */
  drain(): void {
    this.#draining = true;
    for (const stream of this.#streams) stream.finish();
  }

  #open(call: Stream): void {
    if (this.#draining) {
      call.emit('error', { code: status.UNAVAILABLE, details: 'draining' });
      return;
    }
    const stream = new AnswerStream(call, this.#resolver, this.#clock, () =>
      this.#streams.delete(stream),
    );
    this.#streams.add(stream);
  }
}

/** The questions and answers of one client. */
class AnswerStream {
  readonly #call: Stream;
  readonly #resolver: MxResolver;
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #open = 0;
  #answers: NumberedAnswer[] = [];
  #finishing = false;
  #ended = false;

  constructor(call: Stream, resolver: MxResolver, clock: Clock, onEnd: () => void) {
    this.#call = call;
    this.#resolver = resolver;
    this.#clock = clock;
    this.#onEnd = onEnd;
    call.on('data', ({ questions }: ResolveManyRequest) => this.#ask(questions));
    call.on('end', () => this.finish());
    call.on('drain', () => this.#readOn());
    call.on('cancelled', () => this.#leave());
    call.on('error', () => this.#leave());
  }

  /** Takes no more questions; the stream ends with the last answer. */
  finish(): void {
    this.#finishing = true;
    if (this.#open === 0 && !this.#ended) {
      this.#leave();
      this.#call.end();
    }
  }

  #ask(questions: readonly NumberedQuestion[]): void {
    // Not answered here: who asks hears the end of the stream and asks elsewhere.
    if (this.#finishing) return;
    this.#open += questions.length;
    for (const question of questions) void this.#answer(question);
    if (this.#open >= OPEN_MAX) this.#call.pause();
  }

  async #answer({ number, domain }: NumberedQuestion): Promise<void> {
    const answer = await this.#resolver
      .resolve(domain)
      .catch(() => ({ kind: 'temporary' as const, reason: 'the resolver failed' }));
    this.#answers.push({ number, answer: toMessage(answer, this.#clock.now()) });
    // What is found in one turn of the event loop goes in one message.
    if (this.#answers.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const answers = this.#answers;
    this.#answers = [];
    this.#open -= answers.length;
    if (this.#ended) return;
    let fits = true;
    for (let from = 0; from < answers.length; from += ANSWERS_PER_MESSAGE_MAX) {
      fits = this.#call.write({ answers: answers.slice(from, from + ANSWERS_PER_MESSAGE_MAX) });
    }
    if (!fits) this.#call.pause();
    else this.#readOn();
    if (this.#finishing) this.finish();
  }

  #readOn(): void {
    if (this.#open < OPEN_MAX && this.#call.isPaused()) this.#call.resume();
  }

  #leave(): void {
    this.#ended = true;
    this.#onEnd();
  }
}
