import type { MessageRow } from '@staffetta/core';
import { MultiLineEncoder, parseNumbers, TopLines } from '@staffetta/pop3';
import { ClientGone } from '../client-stream.ts';
import { MessageContent } from '../message-content.ts';
import type { MaildropState } from './pop3-state.ts';

/** Commands on an open mailbox (RFC 1939 §5 and 7), by keyword. */
export const TRANSACTION_COMMANDS: ReadonlyMap<
  string,
  (state: MaildropState, argument: string) => Promise<void>
> = new Map(
  Object.entries({
    ...{ STAT: stat, LIST: list, UIDL: uidl, RETR: retr, TOP: top },
    ...{ DELE: dele, RSET: rset, NOOP: noop },
  }),
);

const NO_SUCH_MESSAGE = 'No such message';

async function stat(state: MaildropState): Promise<void> {
  const all = [...state.maildrop.listed()];
  const sizeBytes = all.reduce((sum, message) => sum + message.sizeBytes, 0);
  state.ok(`${all.length} ${sizeBytes}`);
}

async function list(state: MaildropState, argument: string): Promise<void> {
  await scan(state, argument, ({ sizeBytes }) => `${sizeBytes}`);
}

async function uidl(state: MaildropState, argument: string): Promise<void> {
  await scan(state, argument, ({ id }) => id);
}

/** One message's line, or those of all. */
async function scan(
  state: MaildropState,
  argument: string,
  show: (message: { readonly id: string; readonly sizeBytes: number }) => string,
): Promise<void> {
  if (argument !== '') {
    const number = parseNumbers(argument, 1)?.[0] ?? 0;
    const message = state.maildrop.find(number);
    if (message === undefined) return state.error(NO_SUCH_MESSAGE);
    return state.ok(`${number} ${show(message)}`);
  }
  state.ok('Here they are');
  for (const message of state.maildrop.listed()) {
    state.client.write(`${message.number} ${show(message)}\r\n`);
    await state.client.drained();
  }
  state.client.write('.\r\n');
}

async function retr(state: MaildropState, argument: string): Promise<void> {
  await send(state, parseNumbers(argument, 1)?.[0], Infinity);
}

async function top(state: MaildropState, argument: string): Promise<void> {
  const [number, lines] = parseNumbers(argument, 2) ?? [];
  if (lines === undefined) return state.error('TOP needs a message and a number of lines');
  await send(state, number, lines);
}

async function send(
  state: MaildropState,
  number: number | undefined,
  lines: number,
): Promise<void> {
  const known = state.maildrop.find(number ?? 0);
  const row = known === undefined ? undefined : await state.maildrop.row(number ?? 0);
  if (known === undefined || row === undefined) return state.error(NO_SUCH_MESSAGE);
  state.ok(lines === Infinity ? `${known.sizeBytes} octets` : 'Top of message follows');
  const encoder = new MultiLineEncoder();
  try {
    for await (const piece of octets(state, row, lines)) {
      for (const encoded of encoder.encode(piece)) state.client.writeOctets(encoded);
      await state.client.drained();
    }
  } catch (error) {
    // Within a message nothing else can be said any more.
    state.client.destroy();
    if (!(error instanceof ClientGone)) state.options.onError(error);
    throw new ClientGone('a message could not be sent whole', { cause: error });
  }
  state.client.write(encoder.end());
}

/** Prefix, header, and so many lines of the rest. */
async function* octets(
  { options, maildrop }: MaildropState,
  row: MessageRow,
  lines: number,
): AsyncGenerator<Buffer> {
  const content = new MessageContent(options.store, maildrop.mailbox.accountId, row);
  yield row.prefix;
  if (lines === Infinity) return yield* content.octets(0, content.bodyBytes);
  yield* content.octets(0, row.bodyHeaderBytes);
  const rest = new TopLines(lines);
  if (rest.isDone) return;
  for await (const piece of content.octets(row.bodyHeaderBytes, content.bodyBytes)) {
    yield rest.take(piece);
    if (rest.isDone) return;
  }
}

async function dele(state: MaildropState, argument: string): Promise<void> {
  const number = parseNumbers(argument, 1)?.[0] ?? 0;
  if (state.maildrop.find(number) === undefined) return state.error(NO_SUCH_MESSAGE);
  state.maildrop.markDeleted(number);
  state.ok('Will be deleted by QUIT');
}

async function rset(state: MaildropState): Promise<void> {
  state.maildrop.unmarkAll();
  state.ok('Nothing is marked');
}

async function noop(state: MaildropState): Promise<void> {
  state.ok('Done');
}
