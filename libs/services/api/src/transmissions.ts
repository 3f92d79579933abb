import { LogUnavailable, noTracer } from '@staffetta/core';
import type { Clock, Directory, Log, MimeComposer, Tracer } from '@staffetta/core';
import { Refusal, apiError, errorAnswer, statusOf } from './api-error.ts';
import type { ApiAnswer, ApiError } from './api-error.ts';
import { mergedMetadata } from './merged-metadata.ts';
import { makeMessage } from './message.ts';
import type { Message, MessageContext } from './message.ts';
import { readTransmission } from './read/read-transmission.ts';
import type { Transmission } from './read/read-transmission.ts';
import type { RecipientRequest } from './read/read-recipients.ts';
import { compileFor } from './render/compile.ts';
import { renderInline } from './render/render-inline.ts';
import { renderRaw } from './render/render-raw.ts';
import type { Render } from './render/rendered.ts';
import { scopeOf } from './render/scope.ts';
import { DirectoryUnavailable, SendingDomains } from './sending-domains.ts';
import { Turns } from './turns.ts';

/** Octets of content that one append holds; a transmission up to it is accepted wholly or not at all. */
const APPEND_MAX_BYTES = 16 * 1_024 * 1_024;
/** Transmissions to several recipients whose messages are made at the same time: each may hold an append of them. */
const MADE_AT_ONCE_MAX = 8;
/** Octets of all messages of one transmission, reckoned by its first. */
const TRANSMISSION_MAX_BYTES = 4 * 1_024 * 1_024 * 1_024;
/** After so much work on messages others get their turn of the event loop. */
const TURN_MS = 10;

/** What transmissions need. */
export interface TransmissionsOptions {
  readonly log: Pick<Log, 'append'>;
  readonly directory: Directory;
  readonly composer: MimeComposer;
  readonly clock: Clock;
  /** In Received and Message-ID fields. */
  readonly hostname: string;
  /** Life of a message. */
  readonly expiresMs: number;
  /** Octets of one message. */
  readonly sizeBytesMax: number;
  /** Told of messages that are durable, for metrics. */
  readonly onAccepted?: (recipients: number, sizeBytes: number) => void;
  /** Absent: no traces. */
  readonly tracer?: Tracer;
}

/** Who submits, and from where. */
export interface ApiClient {
  readonly keyId: string;
  readonly tenantId: string;
  /** IP address. */
  readonly peer: string;
  /** The trace to which the request belongs (W3C Trace Context), as it says itself. */
  readonly traceparent?: string | undefined;
}

/** `POST /api/v1/transmissions`: makes a message for each recipient and appends them to the log. */
export class Transmissions {
  readonly #options: TransmissionsOptions;
  readonly #turns = new Turns(MADE_AT_ONCE_MAX);

  constructor(options: TransmissionsOptions) {
    this.#options = options;
  }

  /**
   * Answers in SparkPost's shape; 200 only after the messages are durable. `errorsMax` bounds the recipients' errors
   * in the answer.
   */
  async send(client: ApiClient, body: unknown, errorsMax: number): Promise<ApiAnswer> {
    const { clock, hostname, expiresMs, sizeBytesMax, directory } = this.#options;
    const { tracer = noTracer } = this.#options;
    const { keyId, tenantId, peer, traceparent } = client;
    const nowMs = clock.now();
    try {
      const transmission = readTransmission(body, nowMs);
      const domains = new SendingDomains(directory, client.tenantId);
      if (transmission.returnPath !== undefined) await domains.check(transmission.returnPath);
      const context: MessageContext = {
        ...{ keyId, tenantId, peer, traceparent, tracer },
        ...{ transmission, hostname, expiresMs, sizeBytesMax, nowMs },
      };
      const work = (): Promise<ApiAnswer> => this.#sendAll(context, domains, errorsMax);
      return await (transmission.recipients.length > 1 ? this.#turns.run(work) : work());
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      if (error instanceof DirectoryUnavailable) return errorAnswer('1900', 'try again later');
      throw error;
    }
  }

  async #sendAll(
    context: MessageContext,
    domains: SendingDomains,
    errorsMax: number,
  ): Promise<ApiAnswer> {
    const { transmission } = context;
    const render = await this.#prepare(transmission);
    const rejections = [...transmission.rejections];
    const sent = new Sent(this.#options);
    let turnEndsAtMs = performance.now() + TURN_MS;
    for (const recipient of transmission.recipients) {
      const message = await this.#make(recipient, render, context, domains);
      if ('record' in message) {
        if (sent.id === '') checkTotal(message, transmission);
        if (!(await sent.add(message))) return sent.failed;
      } else rejections.push(message);
      if (performance.now() < turnEndsAtMs) continue;
      await new Promise(setImmediate);
      turnEndsAtMs = performance.now() + TURN_MS;
    }
    if (!(await sent.flush())) return sent.failed;
    return answerOf(sent, rejections, errorsMax);
  }

  async #prepare({ content, substitute }: Transmission): Promise<Render> {
    const compile = compileFor(substitute);
    const { composer } = this.#options;
    if (content.kind === 'rfc822') return renderRaw(content.message, compile, composer);
    return renderInline(content, compile, composer);
  }

  async #make(
    recipient: RecipientRequest,
    render: Render,
    context: MessageContext,
    domains: SendingDomains,
  ): Promise<Message | ApiError> {
    const { transmission } = context;
    try {
      const metadata = mergedMetadata(transmission.metadata, recipient.metadata);
      const rendered = render(recipient, scopeOf(transmission, recipient));
      const { address } = rendered.from;
      const reversePath = recipient.returnPath ?? transmission.returnPath ?? address;
      if (!domains.isKnown(address)) await domains.check(address);
      if (!domains.isKnown(reversePath)) await domains.check(reversePath);
      return makeMessage(recipient, rendered, reversePath, metadata, context);
    } catch (error) {
      if (error instanceof Refusal) return error.error;
      throw error;
    }
  }
}

/** Refuses before anything is accepted what would fill the log with copies. */
function checkTotal(first: Message, { recipients }: Transmission): void {
  if (first.record.body.sizeBytes * recipients.length <= TRANSMISSION_MAX_BYTES) return;
  throw new Refusal('1902', `the messages have more than ${TRANSMISSION_MAX_BYTES} bytes in all`);
}

/** The messages of one transmission on their way into the log. */
class Sent {
  readonly #options: Pick<TransmissionsOptions, 'log' | 'onAccepted'>;
  #messages: Message[] = [];
  #bytes = 0;
  #appended = 0;
  /** Of the first message: by it the whole transmission is known to its submitter. */
  #id = '';

  constructor(options: Pick<TransmissionsOptions, 'log' | 'onAccepted'>) {
    this.#options = options;
  }

  get id(): string {
    return this.#id;
  }

  get appended(): number {
    return this.#appended;
  }

  /** The answer when the log did not confirm. */
  get failed(): ApiAnswer {
    const partly = `${this.#appended} recipients were accepted; whether others were is not known`;
    return errorAnswer('1900', this.#appended === 0 ? 'try again later' : partly);
  }

  /** False where the log did not confirm what it was given. */
  async add(message: Message): Promise<boolean> {
    if (this.#id === '') this.#id = message.event.messageId;
    const { sizeBytes } = message.record.body;
    const fits = this.#bytes + sizeBytes <= APPEND_MAX_BYTES || (await this.flush());
    this.#messages.push(message);
    this.#bytes += sizeBytes;
    return fits;
  }

  async flush(): Promise<boolean> {
    const messages = this.#messages;
    const bytes = this.#bytes;
    this.#messages = [];
    this.#bytes = 0;
    if (messages.length === 0) return true;
    try {
      await this.#options.log.append(
        messages.map(({ record }) => record),
        messages.map(({ event }) => event),
      );
      for (const { span } of messages) span?.end();
    } catch (error) {
      for (const { span } of messages) span?.end('log_unavailable');
      if (error instanceof LogUnavailable) return false;
      throw error;
    }
    this.#appended += messages.length;
    this.#options.onAccepted?.(messages.length, bytes);
    return true;
  }
}

function answerOf(sent: Sent, rejections: readonly ApiError[], errorsMax: number): ApiAnswer {
  const results = {
    ...(rejections.length > 0 && { rcpt_to_errors: rejections.slice(0, errorsMax) }),
    total_rejected_recipients: rejections.length,
    total_accepted_recipients: sent.appended,
    ...(sent.appended > 0 && { id: sent.id }),
  };
  if (rejections.length === 0) return { status: 200, body: { results } };
  if (sent.appended > 0) {
    return { status: 200, body: { errors: [apiError('2000')], results } };
  }
  return nobodyAnswer(rejections, results);
}

/** The clients show `errors` only: what is wrong with all recipients stands there. */
function nobodyAnswer(rejections: readonly ApiError[], results: object): ApiAnswer {
  const first = rejections[0]!;
  if (rejections.every(({ code }) => code === first.code)) {
    return { status: statusOf(first.code), body: { errors: [first], results } };
  }
  return { status: 400, body: { errors: [apiError('5002'), ...rejections.slice(0, 3)], results } };
}
