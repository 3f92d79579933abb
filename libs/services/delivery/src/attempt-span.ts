import { messageAttributes } from '@staffetta/core';
import type { RecipientOutcome, SmtpConnection, SmtpReply, Tracer } from '@staffetta/core';
import type { Entry } from './entry.ts';

/** Begins the span of an attempt, where its message is sampled and it has none yet. */
export function beginAttempt(tracer: Tracer, entry: Entry): void {
  const { envelope } = entry;
  if (envelope.traceparent === undefined || entry.span) return;
  const span = tracer.begin('deliver', 'client', envelope.traceparent);
  if (!span) return;
  entry.span = span;
  span.set({
    ...messageAttributes(envelope, 'deliver'),
    'network.protocol.name': 'smtp',
    'mail.site': entry.site,
    'mail.domain': envelope.route?.domain ?? '',
    'mail.attempt': Math.max(...envelope.recipients.map(({ attempts }) => attempts)) + 1,
  });
}

/** Tells over which connection it goes. */
export function attemptOn({ span }: Entry, { target, tls }: SmtpConnection): void {
  if (!span) return;
  span.set({
    'server.address': target.host,
    'server.port': target.port,
    'network.peer.address': target.address,
    'network.peer.port': target.port,
  });
  const [, version] = /^TLSv(\S+)/.exec(tls) ?? [];
  if (version !== undefined) span.set({ 'tls.protocol.version': version });
}

/** Ends it with what the recipients got. What a server said in words may name them, and is left out. */
export function endAttempt(entry: Entry, outcomes: readonly RecipientOutcome[]): void {
  const { span } = entry;
  if (!span) return;
  entry.span = undefined;
  const failed = outcomes.findLast(({ kind }) => kind !== 'delivered');
  const told = failed ?? outcomes[0];
  const reply = told && replyOf(told);
  const kinds = [...new Set(outcomes.map(({ kind }) => kind))];
  span.set({
    'mail.outcome': kinds.length === 1 ? kinds[0]! : 'mixed',
    ...(reply && { 'mail.reply.code': reply.code, 'mail.reply.to': reply.command }),
    ...(reply?.enhanced && { 'mail.reply.enhanced_code': reply.enhanced }),
  });
  span.end(failed && (reply ? String(reply.code) : failed.kind));
}

/** Ends it without an outcome: no attempt was made after all. */
export function dropAttempt(entry: Entry): void {
  entry.span?.end('not_attempted');
  entry.span = undefined;
}

function replyOf(outcome: RecipientOutcome): SmtpReply | undefined {
  return 'reply' in outcome ? outcome.reply : undefined;
}
