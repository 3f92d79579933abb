import { setTimeout as wait } from 'node:timers/promises';
import type { Authenticator, Clock, Directory, MailboxAuthentication } from '@staffetta/core';

const ADDRESSES_MAX = 10_000;
const FORGOTTEN_AFTER_MS = 15 * 60_000;
/** Failures that cost nothing: people mistype. */
const FREE_FAILURES = 3;
const DELAY_MS = 500;
const DELAY_MAX_MS = 5_000;

/**
 * Lets accounts in by their address and password; credentials are for sending and open no mailbox. An address that
 * guesses waits longer with each failure, never one of this machine.
 */
export class AccountAuthenticator implements Authenticator {
  readonly #directory: Directory;
  readonly #clock: Clock;
  /** In order of the last failure, so that the oldest is forgotten first. */
  readonly #failures = new Map<string, { readonly count: number; readonly atMs: number }>();

  constructor(directory: Directory, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  async authenticate(
    user: string,
    password: string,
    remoteAddress: string,
  ): Promise<MailboxAuthentication> {
    const failures = this.#failuresOf(remoteAddress);
    if (failures >= FREE_FAILURES) {
      const delayMs = Math.min(DELAY_MS * (failures - FREE_FAILURES + 1), DELAY_MAX_MS);
      await wait(delayMs, undefined, { ref: false });
    }
    const answer = await this.#ask(user, password);
    if (answer.kind === 'refused') this.#failed(remoteAddress, failures + 1);
    return answer;
  }

  async #ask(user: string, password: string): Promise<MailboxAuthentication> {
    try {
      const answer = await this.#directory.authenticate(user, password);
      if (answer.kind !== 'ok') return answer;
      const { submitter } = answer;
      if (submitter.kind !== 'account') return { kind: 'refused' };
      return { kind: 'ok', accountId: submitter.accountId, address: submitter.address };
    } catch {
      return { kind: 'unavailable' };
    }
  }

  #failuresOf(address: string): number {
    const known = this.#failures.get(address);
    return known && this.#clock.now() - known.atMs < FORGOTTEN_AFTER_MS ? known.count : 0;
  }

  #failed(address: string, count: number): void {
    if (address.startsWith('127.') || address === '::1') return;
    this.#failures.delete(address);
    this.#failures.set(address, { count, atMs: this.#clock.now() });
    if (this.#failures.size > ADDRESSES_MAX) {
      this.#failures.delete(this.#failures.keys().next().value!);
    }
  }
}
