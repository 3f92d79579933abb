import assert from 'node:assert/strict';
import type {
  OutgoingMessage,
  RecipientOutcome,
  SmtpConnection,
  SmtpConnectResult,
  SmtpTarget,
} from '@staffetta/core';
import { ScriptedSmtpServer } from '@staffetta/testing';
import type { ScriptedSmtpSession, SmtpScript } from '@staffetta/testing';
import { createSmtpConnector } from './connector.ts';
import type { SmtpClientOptions } from './options.ts';

/** What a test can change of a dialogue. */
export interface DialogueOptions extends SmtpClientOptions {
  readonly target?: Partial<SmtpTarget>;
}

/** Runs a client against a script, and fails where the script fails. */
export async function dialogue(
  script: SmtpScript,
  client: (result: SmtpConnectResult) => Promise<void>,
  options: DialogueOptions = {},
): Promise<void> {
  const server = await ScriptedSmtpServer.start(script);
  try {
    const result = await createSmtpConnector(options).connect({
      host: 'mx.example.test',
      address: '127.0.0.1',
      port: server.port,
      ehloName: 'relay.test',
      tls: 'off',
      ...options.target,
    });
    await client(result);
    if (result.kind === 'connected') result.connection.destroy();
  } finally {
    await server.stop();
  }
}

/** One message over a fresh connection: the client's part of most dialogues. */
export function sending(
  message: OutgoingMessage,
  check: (outcomes: readonly RecipientOutcome[], connection: SmtpConnection) => void,
): (result: SmtpConnectResult) => Promise<void> {
  return async (result) => {
    const connection = connected(result);
    const { outcomes } = await connection.send(message);
    check(outcomes, connection);
  };
}

export function connected(result: SmtpConnectResult): SmtpConnection {
  assert.equal(result.kind, 'connected', JSON.stringify(result));
  assert.ok(result.kind === 'connected');
  return result.connection;
}

export function message(
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
export function brief(outcomes: readonly RecipientOutcome[]): string[] {
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
