import { MailboxClient } from '@staffetta/contracts';
import type { AuthenticateResponse, FindRecipientsResponse } from '@staffetta/contracts';
import { ServiceUnavailable } from '@staffetta/core';
import type { Accounts, Authentication, Clock, FoundRecipient } from '@staffetta/core';
import { ask } from '@staffetta/grpc';
import type { GrpcChannel } from '@staffetta/grpc';
import { fromAuthentication, fromRecipient } from './messages.ts';
import { RightPasswords } from './right-passwords.ts';

const SERVICE = 'mailbox';

/**
 * The mailbox service in another process. A password that was right is not asked for again for a minute, unless the
 * directory changes; the same one is asked for once at a time.
 */
export class GrpcAccounts implements Accounts {
  readonly #client: MailboxClient;
  readonly #right: RightPasswords;
  readonly #asking = new Map<string, Promise<Authentication>>();
  #version = 0;

  /** `channel` is made with MAILBOX_METHODS. */
  constructor(channel: GrpcChannel, clock: Clock) {
    this.#client = channel.client(MailboxClient);
    this.#right = new RightPasswords(clock);
  }

  /** The directory has changed: nothing that was known before holds. */
  forget(): void {
    this.#version += 1;
    this.#right.clear();
    this.#asking.clear();
  }

  async find(addresses: readonly string[]): Promise<readonly FoundRecipient[]> {
    const { recipients } = await ask<FindRecipientsResponse>(SERVICE, (done) =>
      this.#client.findRecipients({ addresses }, done),
    );
    return recipients.map((recipient) => {
      const found = fromRecipient(recipient);
      if (!found) throw new ServiceUnavailable(SERVICE, 'it gave an answer of an unknown kind');
      return found;
    });
  }

  async authenticate(user: string, password: string): Promise<Authentication> {
    const code = this.#right.code(user, password);
    const known = this.#right.get(code) ?? this.#asking.get(code);
    if (known) return known;
    const asking = this.#ask(user, password);
    this.#asking.set(code, asking);
    const version = this.#version;
    try {
      const answer = await asking;
      // What was asked for before a change says nothing about the time after it.
      if (version === this.#version) this.#right.keep(code, answer);
      return answer;
    } finally {
      if (this.#asking.get(code) === asking) this.#asking.delete(code);
    }
  }

  async #ask(user: string, password: string): Promise<Authentication> {
    try {
      const answer = await ask<AuthenticateResponse>(SERVICE, (done) =>
        this.#client.authenticate({ user, password }, done),
      );
      return fromAuthentication(answer);
    } catch (error) {
      if (error instanceof ServiceUnavailable) return { kind: 'unavailable' };
      throw error;
    }
  }
}
