/** A load of own clients that remember what was promised: each message has an `X-Id`, each `250` its time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SmtpClient } from './smtp-client.ts';
import type { SmtpReply, SmtpTarget } from './smtp-client.ts';

const PAUSE_AFTER_FAILURE_MS = 20;

export interface LoadOptions {
  /** Several doors: a session whose connection ends goes on at the next one, as behind a balancer. */
  readonly target: SmtpTarget | readonly SmtpTarget[];
  readonly sessions: number;
  readonly sizeBytes: number;
  readonly from: string;
  /** The recipient of the next message. */
  to(number: number): string;
  /** Begin every message with these fields, each ended by CRLF. */
  readonly fields?: string;
  /** Messages a second over all sessions; as fast as it goes when absent. */
  readonly perSecond?: number;
  /** Stop by itself after so many messages. */
  readonly messagesMax?: number;
  readonly name?: string;
}

export class TrackedLoad {
  /** When each message got its `250`, by `X-Id`, in milliseconds since the epoch. */
  readonly accepted = new Map<string, number>();
  /** How often each other reply came, by code. */
  readonly refused = new Map<number, number>();
  /** Messages whose connection broke before a reply. */
  broken = 0;
  /** Connections that could not be opened, or were closed before a greeting. */
  unopened = 0;
  readonly name: string;
  readonly #options: LoadOptions;
  readonly #done: Promise<unknown>;
  readonly #begin = performance.now();
  #next = 0;
  #stopping = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.name = options.name ?? 'load';
    this.#done = Promise.all(
      Array.from({ length: options.sessions }, (_, at) => this.#session(at)),
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
  }

  /** Ends when `messagesMax` were sent. */
  async finished(): Promise<void> {
    await this.#done;
  }

  async #session(first: number): Promise<void> {
    const targets = [this.#options.target].flat();
    for (let at = first; !this.#ended(); at += 1) {
      const target = targets[at % targets.length];
      let client: SmtpClient | undefined;
      try {
        if (target === undefined) return;
        client = await this.#open(target);
        while (!this.#ended()) await this.#one(client);
        await client.quit();
      } catch {
        // What the load is for: the other side dies. A new connection goes on.
        client?.destroy();
        await sleep(PAUSE_AFTER_FAILURE_MS);
      }
    }
  }

  async #open(target: SmtpTarget): Promise<SmtpClient> {
    try {
      return await SmtpClient.open(target);
    } catch (error) {
      this.unopened += 1;
      throw error;
    }
  }

  async #one(client: SmtpClient): Promise<void> {
    const number = this.#next;
    this.#next += 1;
    await this.#pace(number);
    const id = `${this.name}-${number}`;
    let reply: SmtpReply;
    try {
      reply = await client.send(this.#options.from, [this.#options.to(number)], this.#message(id));
    } catch (error) {
      this.broken += 1;
      throw error;
    }
    if (reply.code === 250) this.accepted.set(id, Date.now());
    else this.#refuse(reply.code);
    if (reply.code === 421) throw new Error('the other side closes');
    if (reply.code !== 250) await sleep(PAUSE_AFTER_FAILURE_MS);
  }

  #refuse(code: number): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }

  async #pace(number: number): Promise<void> {
    if (this.#options.perSecond === undefined) return;
    const due = this.#begin + (number * 1000) / this.#options.perSecond;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
  }

  #ended(): boolean {
    return this.#stopping || this.#next >= (this.#options.messagesMax ?? Number.POSITIVE_INFINITY);
  }

  #message(id: string): Buffer {
    const head = `${this.#options.fields ?? ''}X-Id: ${id}\r\nFrom: <${this.#options.from}>\r\nSubject: ${id}\r\n\r\n`;
    const line = `${'x'.repeat(70)}\r\n`;
    const lines = Math.max(1, Math.ceil((this.#options.sizeBytes - head.length) / line.length));
    return Buffer.from(head + line.repeat(lines));
  }
}
