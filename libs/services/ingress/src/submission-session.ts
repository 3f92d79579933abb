import type { SmtpAnswer, SmtpMail, SmtpSessionInfo } from '@staffetta/core';
import { ANSWERS } from './answers.ts';
import type { IngressContext } from './context.ts';
import { IngressSession } from './ingress-session.ts';
import type { Judgement } from './ingress-session.ts';
import type { Door } from './options.ts';
import type { ContentRules } from './read-content.ts';
import { judgeSender } from './submitter.ts';
import type { MailSubmitter } from './submitter.ts';

/** The doors for clients: mail to anywhere, from who has logged in or stands in the relay networks (RFC 6409). */
export class SubmissionSession extends IngressSession {
  #submitter: MailSubmitter | undefined;

  constructor(
    context: IngressContext,
    door: Exclude<Door, 'mx'>,
    info: SmtpSessionInfo,
    network: MailSubmitter | undefined,
    onClose: () => void,
  ) {
    super(context, door, info, onClose);
    this.#submitter = network;
  }

  async authenticate(user: string, password: string): Promise<SmtpAnswer> {
    const { directory, logins, metrics } = this.context;
    const peer = this.info.remoteAddress;
    await logins.wait(peer);
    const result = await directory.authenticate(user, password);
    if (result.kind === 'unavailable') return this.refuse('directory', ANSWERS.loginUnavailable);
    metrics.login(this.door, result.kind === 'ok');
    if (result.kind === 'refused') {
      logins.failed(peer);
      return this.refuse('authentication', ANSWERS.badLogin);
    }
    this.#submitter = result.submitter;
    return ANSWERS.loggedIn;
  }

  protected override async judgeSender(mail: SmtpMail): Promise<SmtpAnswer | undefined> {
    if (!this.#submitter) return this.refuse('authentication', ANSWERS.authRequired);
    const refused = await judgeSender(this.context.directory, this.#submitter, mail.address);
    return refused && this.refuse('sender', refused);
  }

  protected override judgeRcpt(): Judgement {
    return { kind: 'ok', tenantId: this.#submitter!.tenantId };
  }

  protected override contentRules(): ContentRules {
    return { bareLineEnds: 'repair', takesClass: true };
  }

  protected override submitter(): MailSubmitter | undefined {
    return this.#submitter;
  }
}
