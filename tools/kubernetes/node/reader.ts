/** A user of a release: letters come by SMTP, and he looks into his mailbox by IMAP, both through the load balancer by IPv6. */
import { randomBytes } from 'node:crypto';
import type { TrackedLoad } from '../../harness/load.ts';
import { MailboxUser } from '../../harness/mailbox-user.ts';
import { BALANCED, OUTSIDE } from './node-network.ts';
import type { Outside } from './outside.ts';
import type { Release } from './release.ts';

const DOMAIN = 'reader.test';
const ADDRESS = `reader@${DOMAIN}`;
const IMAPS_PORT = 993;
const LETTERS_PER_SECOND = 2;

export interface ReaderReport {
  readonly letters: number;
  /** Not in the mailbox, or more than once. */
  readonly notOnce: readonly string[];
  readonly byes: number;
  /** Of IMAP, other than BYE. */
  readonly failures: readonly string[];
}

export class Reader {
  readonly letters: TrackedLoad;
  readonly #user: MailboxUser;

  private constructor(letters: TrackedLoad, user: MailboxUser) {
    this.letters = letters;
    this.#user = user;
  }

  /** Makes the account; letters begin to come. */
  static async start(release: Release, outside: Outside): Promise<Reader> {
    const password = randomBytes(9).toString('base64url');
    await release.must(['domain', 'add', DOMAIN, '--local']);
    await release.must(['account', 'add', ADDRESS, '--password-stdin'], password);
    const letters = outside.load({
      name: `letter-${release.namespace}`,
      // By the other family than the rest.
      from: OUTSIDE.v6,
      perSecond: LETTERS_PER_SECOND,
      to: () => ADDRESS,
    });
    const host = BALANCED.mailbox.v6;
    const user = new MailboxUser({ host, ports: [IMAPS_PORT], user: ADDRESS, password });
    return new Reader(letters, user);
  }

  /** Connections by IMAP that were ended so far. */
  get ends(): number {
    return this.#user.byes + this.#user.failures.length;
  }

  /** No more letters; what is in the mailbox when all should be. */
  async stop(): Promise<ReaderReport> {
    await this.letters.stop();
    const accepted = [...this.letters.accepted.keys()];
    const notOnce = await this.#user.stop(accepted);
    return {
      letters: accepted.length,
      notOnce,
      byes: this.#user.byes,
      failures: this.#user.failures,
    };
  }
}
