import assert from 'node:assert/strict';
import type {
  OutgoingMessage,
  RecipientOutcome,
  SmtpConnection,
  SmtpConnector,
  SmtpConnectResult,
  SmtpTarget,
} from '@staffetta/core';
import type { ScriptedSmtpSession } from './scripted-smtp-session.ts';
import { ScriptedSmtpServer } from './scripted-smtp-server.ts';
import type { SmtpScript } from './scripted-smtp-server.ts';

/** A script and what the client does with the connection it gets, or the refusal; fails where either fails. */
export type ClientDialogue<Options> = (
  script: SmtpScript,
  client: (result: SmtpConnectResult) => Promise<void>,
  options?: Options & { readonly target?: Partial<SmtpTarget> },
) => Promise<void>;

/** Dialogues between connectors made by `create` and scripted servers. */
export function clientDialogues<Options extends object>(
  create: (options?: Options) => SmtpConnector,
): ClientDialogue<Options> {
  return async (script, client, options) => {
    const server = await ScriptedSmtpServer.start(script);
    try {
      const result = await create(options).connect({
        host: 'mx.example.test',
        address: '127.0.0.1',
        port: server.port,
        ehloName: 'relay.test',
        tls: 'off',
        ...options?.target,
      });
      await client(result);
      if (result.kind === 'connected') result.connection.destroy();
    } finally {
      await server.stop();
    }
  };
}

/** One message over a fresh connection: the client's part of most dialogues. */
export function sendingOne(
  message: OutgoingMessage,
  check: (outcomes: readonly RecipientOutcome[], connection: SmtpConnection) => void,
): (result: SmtpConnectResult) => Promise<void> {
  return async (result) => {
    const connection = connectionOf(result);
    const { outcomes } = await connection.send(message);
    check(outcomes, connection);
  };
}

/** The connection; fails where it was refused. */
export function connectionOf(result: SmtpConnectResult): SmtpConnection {
  assert.equal(result.kind, 'connected', JSON.stringify(result));
  assert.ok(result.kind === 'connected');
  return result.connection;
}

/** A small message; its size is that of a body in one piece. */
export function outgoingMessage(
  recipients: readonly string[] = ['one@sink.test'],
  changes: Partial<OutgoingMessage> = {},
): OutgoingMessage {
  const body = changes.body ?? Buffer.from('Subject: hi\r\n\r\nhello\r\n');
  return {
    reversePath: 'me@sender.test',
    recipients: recipients.map((address) => ({ address })),
    sizeBytes: Buffer.isBuffer(body) ? body.length : 0,
    smtputf8: false,
    is8bit: false,
    ...changes,
    body,
  };
}

/** Kind, code and enhanced code of each outcome, like `delivered 250 2.0.0`. */
export function briefOutcomes(outcomes: readonly RecipientOutcome[]): string[] {
  return outcomes.map((outcome) => {
    const reply = 'reply' in outcome ? outcome.reply : undefined;
    return [outcome.kind, reply?.code, reply?.enhanced]
      .filter((each) => each !== undefined)
      .join(' ');
  });
}

/** The server's part of one transaction that takes everything; gives the content. */
export async function takeMessage(session: ScriptedSmtpSession, recipients = 1): Promise<string> {
  await session.hear(/^MAIL FROM:/);
  session.say('250 2.1.0 Ok');
  for (let count = 0; count < recipients; count += 1) {
    await session.hear(/^RCPT TO:/);
    session.say('250 2.1.5 Ok');
  }
  await session.hear(/^DATA$/);
  session.say('354 Go on');
  const content = await session.content();
  session.say('250 2.0.0 Queued');
  return content ?? '';
}
