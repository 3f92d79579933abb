/** A program that sends by the API at an even rate, and remembers what it was promised. */
import { setTimeout as sleep } from 'node:timers/promises';

const ACCEPTED = 200;

export interface ApiLoadOptions {
  /** Ports of the API: one that refuses the connection is passed over, as behind a balancer. */
  readonly ports: readonly number[];
  readonly key: string;
  readonly from: string;
  /** The recipient of the next message. */
  to(number: number): string;
  readonly perSecond: number;
}

export class ApiLoad {
  /** The `X-Id` of what was accepted. */
  readonly accepted = new Set<string>();
  /** How often each other status came. */
  readonly refused = new Map<number, number>();
  /** Requests whose connection broke before an answer. */
  broken = 0;
  readonly #options: ApiLoadOptions;
  readonly #done: Promise<void>;
  #stopping = false;

  constructor(options: ApiLoadOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    const begin = performance.now();
    for (let number = 0; !this.#stopping; number += 1) {
      await sleep(begin + (number * 1_000) / this.#options.perSecond - performance.now());
      await this.#one(number);
    }
  }

  async #one(number: number): Promise<void> {
    const id = `api-${number}`;
    const { ports } = this.#options;
    for (let at = 0; at < ports.length; at += 1) {
      try {
        const status = await this.#post(ports[(number + at) % ports.length] ?? 0, id, number);
        if (status === ACCEPTED) this.accepted.add(id);
        else this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
        return;
      } catch (error) {
        if (isRefused(error)) continue;
        this.broken += 1;
        return;
      }
    }
  }

  async #post(port: number, id: string, number: number): Promise<number> {
    const { key, from, to } = this.#options;
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/transmissions`, {
      method: 'POST',
      headers: { authorization: key, 'content-type': 'application/json' },
      body: JSON.stringify({
        content: { from, subject: id, text: id, headers: { 'X-Id': id } },
        recipients: [{ address: to(number) }],
      }),
    });
    await response.arrayBuffer();
    return response.status;
  }
}

/** Nobody listens: nothing was sent. */
function isRefused(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code === 'ECONNREFUSED';
}
