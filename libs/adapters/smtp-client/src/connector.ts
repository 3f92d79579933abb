import type { SecureContext } from 'node:tls';
import type { SmtpConnector, SmtpConnectResult, SmtpReply, SmtpTarget } from '@staffetta/core';
import {
  NO_EXTENSIONS,
  isPermanent,
  isPositive,
  parseExtensions,
  toSmtpReply,
} from '@staffetta/smtp';
import type { SmtpExtensions } from '@staffetta/smtp';
import { ask, nextReply } from './ask.ts';
import type { Answer } from './ask.ts';
import { openSocket } from './open-socket.ts';
import { DEFAULT_CONVERSION_MAX_BYTES, DEFAULT_SMTP_TIMEOUTS } from './options.ts';
import type { SmtpClientOptions, SmtpClientSettings, SmtpTimeouts } from './options.ts';
import { SmtpSession } from './session.ts';
import { clientContext, startTls } from './start-tls.ts';
import { Wire } from './wire.ts';

type Refused = Extract<SmtpConnectResult, { kind: 'refused' }>;
type Stage = Refused['stage'];
interface Hello {
  readonly extensions: SmtpExtensions;
}
interface Secured extends Hello {
  readonly tls: string;
}

const CLOSING = 421;

/** A connector that speaks SMTP and LMTP over TCP. */
export function createSmtpConnector(options: SmtpClientOptions = {}): SmtpConnector {
  const settings: SmtpClientSettings = {
    timeouts: { ...DEFAULT_SMTP_TIMEOUTS, ...options.timeouts },
    conversionMaxBytes: options.conversionMaxBytes ?? DEFAULT_CONVERSION_MAX_BYTES,
  };
  const { certificateAuthorities } = options;
  let context = certificateAuthorities && clientContext(certificateAuthorities);
  return {
    connect(target, { signal } = {}) {
      if (target.tls === 'off') return connectTo(target, settings, undefined, signal);
      context ??= clientContext(undefined);
      return connectTo(target, settings, context, signal);
    },
  };
}

/** Without a context TLS is not tried. */
async function connectTo(
  target: SmtpTarget,
  settings: SmtpClientSettings,
  context: SecureContext | undefined,
  signal: AbortSignal | undefined,
): Promise<SmtpConnectResult> {
  const socket = await openSocket(target, settings.timeouts.connectMs, signal);
  if ('failed' in socket) return unreached('connect', socket.failed);
  const wire = new Wire(socket);
  const giveUp = () => wire.destroy('connecting was given up');
  signal?.addEventListener('abort', giveUp);
  const greeted = await greet(wire, target, settings.timeouts, context);
  signal?.removeEventListener('abort', giveUp);
  if ('kind' in greeted) {
    wire.destroy(greeted.reason);
    return greeted;
  }
  return { kind: 'connected', connection: new SmtpSession(wire, target, settings, greeted) };
}

/** Banner, EHLO, and TLS with a second EHLO. */
async function greet(
  wire: Wire,
  target: SmtpTarget,
  timeouts: SmtpTimeouts,
  context: SecureContext | undefined,
): Promise<Secured | Refused> {
  const banner = await nextReply(wire, 'banner', timeouts.bannerMs);
  if ('lost' in banner) return unreached('banner', banner.lost);
  if (!isPositive(banner.code))
    return refused('banner', toSmtpReply(banner, target.host, 'banner'));
  const hello = await sayHello(wire, target, timeouts);
  if ('kind' in hello || context === undefined)
    return 'kind' in hello ? hello : { ...hello, tls: '' };
  return secure(wire, target, timeouts, context, hello);
}

async function secure(
  wire: Wire,
  target: SmtpTarget,
  timeouts: SmtpTimeouts,
  context: SecureContext,
  hello: Hello,
): Promise<Secured | Refused> {
  const required = target.tls === 'required';
  if (!hello.extensions.has('STARTTLS'))
    return required
      ? unreached('tls', 'the server does not offer STARTTLS')
      : { ...hello, tls: '' };
  const answer = await ask(wire, 'STARTTLS', timeouts.startTlsMs);
  if ('lost' in answer) return unreached('tls', answer.lost);
  if (!isPositive(answer.code)) {
    const reply = toSmtpReply(answer, target.host, 'STARTTLS');
    // RFC 3207 §4: the client may go on without TLS.
    return required || answer.code === CLOSING ? refused('tls', reply) : { ...hello, tls: '' };
  }
  const handshake = await startTls(wire, target, context, timeouts.startTlsMs);
  if ('failed' in handshake) return unreached('tls', handshake.failed);
  const again = await sayHello(wire, target, timeouts);
  if (!('kind' in again)) return { ...again, tls: handshake.tls };
  // In TLS 1.3 a server can still give up when the client believes that the handshake is over.
  return again.reply === undefined ? unreached('tls', again.reason) : again;
}

async function sayHello(
  wire: Wire,
  target: SmtpTarget,
  timeouts: SmtpTimeouts,
): Promise<Hello | Refused> {
  const verb = target.lmtp === true ? 'LHLO' : 'EHLO';
  const answer = await ask(wire, `${verb} ${target.ehloName}`, timeouts.helloMs);
  if (!('lost' in answer) && isPositive(answer.code))
    return { extensions: parseExtensions(answer) };
  if ('lost' in answer || target.lmtp === true || !isPermanent(answer.code))
    return notGreeted(answer, target, verb);
  const older = await ask(wire, `HELO ${target.ehloName}`, timeouts.helloMs);
  if ('lost' in older || !isPositive(older.code)) return notGreeted(older, target, 'HELO');
  return { extensions: NO_EXTENSIONS };
}

function notGreeted(answer: Answer, target: SmtpTarget, verb: string): Refused {
  if ('lost' in answer) return unreached('hello', answer.lost);
  return refused('hello', toSmtpReply(answer, target.host, verb));
}

function unreached(stage: Stage, reason: string): Refused {
  return { kind: 'refused', stage, temporary: true, reason };
}

function refused(stage: Stage, reply: SmtpReply): Refused {
  const reason = `the server answered ${reply.command} with ${reply.code}`;
  return { kind: 'refused', stage, temporary: !isPermanent(reply.code), reason, reply };
}
