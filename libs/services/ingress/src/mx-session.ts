import type { SmtpAnswer, SmtpMail, SmtpSessionInfo } from '@staffetta/core';
import { ANSWERS } from './answers.ts';
import type { IngressContext } from './context.ts';
import { IngressSession } from './ingress-session.ts';
import type { Judgement } from './ingress-session.ts';
import type { RecipientPlace } from './judge-recipient.ts';
import type { ContentRules } from './read-content.ts';
import { judgeSender } from './submitter.ts';
import type { MailSubmitter } from './submitter.ts';

/**
 * The door for other servers: mail for domains of ours from anybody. A peer of the relay networks may send elsewhere
 * too, under the reverse-paths of its tenant; what it brings for us from other senders is taken as from anybody.
 */
export class MxSession extends IngressSession {
  readonly #network: MailSubmitter | undefined;
  /** The reverse-path of this transaction is the network's to use. */
  #submits = false;

  constructor(
    context: IngressContext,
    info: SmtpSessionInfo,
    network: MailSubmitter | undefined,
    onClose: () => void,
  ) {
    super(context, 'mx', info, onClose);
    this.#network = network;
  }

  protected override async judgeSender(mail: SmtpMail): Promise<SmtpAnswer | undefined> {
    if (!this.#network) return undefined;
    const refused = await judgeSender(this.context.directory, this.#network, mail.address);
    this.#submits = refused === undefined;
    return undefined;
  }

  protected override judgeRcpt(place: RecipientPlace): Judgement {
    if (this.#submits) return { kind: 'ok', tenantId: this.#network!.tenantId };
    if (place.kind === 'ours') return { kind: 'ok', tenantId: place.domain.tenantId };
    const answer = this.#network ? ANSWERS.notYourDomain : ANSWERS.relayingDenied;
    return { kind: 'refused', reason: 'relay', answer };
  }

  protected override contentRules(): ContentRules {
    return { bareLineEnds: 'refuse', takesClass: this.#network !== undefined };
  }

  protected override submitter(): MailSubmitter | undefined {
    return this.#network;
  }
}
