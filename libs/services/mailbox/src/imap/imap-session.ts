import { MailStoreUnavailable } from '@staffetta/core';
import type { Connection } from '@staffetta/core';
import { ArgumentReader, ImapSyntaxError } from '@staffetta/imap';
import type { RawCommand, ReaderEvent } from '@staffetta/imap';
import { ClientGone, ClientStream } from '../client-stream.ts';
import { LOGIN_TIMEOUT_MS } from '../session-options.ts';
import type { SessionOptions } from '../session-options.ts';
import { capabilities } from './capabilities.ts';
import { no } from './command.ts';
import type { Command, CommandResult } from './command.ts';
import { COMMANDS, UID_COMMANDS } from './commands.ts';
import { ImapState } from './imap-state.ts';
import type { SelectedState } from './imap-state.ts';
import { mayTakeLiteral } from './literal-policy.ts';

/** Without a command for so long the session ends (RFC 3501 §5.4: at least 30 minutes). */
export const IMAP_IDLE_TIMEOUT_MS = 31 * 60_000;
const SHUTTING_DOWN = 'Server is shutting down';
/** Commands in a row that are not IMAP. */
const BAD_COMMANDS_MAX = 20;

/** One IMAP4rev1 session (RFC 3501) on a connection. Commands are carried out one after the other. */
export class ImapSession {
  readonly #state: ImapState;
  readonly #client: ClientStream;
  #badCommands = 0;
  #literalBytes = 0;
  #waiting = false;
  #draining = false;

  constructor(connection: Connection, options: SessionOptions) {
    this.#client = new ClientStream(connection);
    this.#state = new ImapState(connection, this.#client, options);
  }

  /** Speaks until one side ends it; never rejects. */
  async run(): Promise<void> {
    const state = this.#state;
    const loginTimer = setTimeout(() => {
      if (state.accountId === undefined) this.#bye('Too slow to log in');
    }, LOGIN_TIMEOUT_MS);
    loginTimer.unref();
    this.#watchIdle();
    try {
      state.untagged(`OK [${capabilities(state)}] ${state.options.hostname} is ready`);
      while (!state.closing) {
        const event = await this.#nextEvent();
        if (event === undefined) break;
        await this.#handle(event);
        this.#client.flush();
        if (state.startsTls) await this.#startTls();
        if (state.accountId !== undefined) clearTimeout(loginTimer);
      }
      if (this.#draining) this.#bye(SHUTTING_DOWN);
    } catch (error) {
      if (!(error instanceof ClientGone)) state.options.onError(error);
    } finally {
      clearTimeout(loginTimer);
      this.#giveLiterals();
      state.deselect();
      this.#client.end();
    }
  }

  /** Ends the session once the command in hand is done; at once where it waits. */
  drain(): void {
    this.#draining = true;
    this.#state.closing = true;
    if (this.#waiting || this.#state.idling) this.#bye(SHUTTING_DOWN);
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#client.destroy();
  }

  #bye(text: string): void {
    this.#state.sayBye(text);
    this.#client.end();
  }

  #watchIdle(): void {
    this.#state.connection.onIdle(this.#state.options.idleTimeoutMs ?? IMAP_IDLE_TIMEOUT_MS, () => {
      // A client that takes nothing would not take the farewell either.
      if (this.#client.unsentBytes > 0) this.#client.destroy();
      else this.#bye('Idle for too long');
    });
  }

  /** Octets that came in the clear behind the command are not of the client that TLS will prove. */
  async #startTls(): Promise<void> {
    const { connection, reader } = this.#state;
    this.#state.startsTls = false;
    this.#client.release();
    reader.reset();
    try {
      await connection.startTls();
    } catch (error) {
      throw new ClientGone('TLS negotiation failed', { cause: error });
    }
    this.#client.replace(connection.stream);
    this.#watchIdle();
  }

  async #nextEvent(): Promise<ReaderEvent | undefined> {
    const { reader } = this.#state;
    for (;;) {
      const event = reader.next();
      if (event !== undefined) return event;
      this.#client.flush();
      this.#waiting = true;
      const chunk = await this.#client.read();
      this.#waiting = false;
      if (chunk === undefined || this.#state.closing) return undefined;
      reader.push(chunk);
      await this.#client.drained();
    }
  }

  async #handle(event: ReaderEvent): Promise<void> {
    if (event.kind === 'literal') {
      this.#takeLiteral(event);
    } else if (event.kind === 'too-long') {
      this.#giveLiterals();
      this.#bad(tagOf(event.text), 'Command too long');
    } else {
      await this.#execute(event);
      this.#giveLiterals();
    }
  }

  #takeLiteral(event: Extract<ReaderEvent, { kind: 'literal' }>): void {
    const refusal = mayTakeLiteral(this.#state, event);
    if (refusal === undefined) {
      this.#literalBytes += event.sizeBytes;
      this.#state.reader.accept();
      if (event.waits) this.#client.write('+ Ready for the literal\r\n');
      return;
    }
    this.#giveLiterals();
    this.#state.reader.refuse();
    if (refusal.status === 'BAD') this.#bad(tagOf(event.text), refusal.text);
    else this.#answer(tagOf(event.text), refusal);
  }

  #giveLiterals(): void {
    this.#state.options.memory.give(this.#literalBytes);
    this.#literalBytes = 0;
  }

  async #execute(raw: RawCommand): Promise<void> {
    let tag = '*';
    try {
      const reader = new ArgumentReader(raw);
      tag = reader.tag();
      reader.space();
      let name = reader.keyword();
      const byUid = name === 'UID';
      if (byUid) {
        reader.space();
        name = reader.keyword();
      }
      const command = (byUid ? UID_COMMANDS : COMMANDS).get(name);
      if (command === undefined) throw new ImapSyntaxError('Unknown command');
      reader.take(' ');
      await this.#run(tag, command, reader, byUid);
      this.#badCommands = 0;
    } catch (error) {
      if (error instanceof ImapSyntaxError) this.#bad(tag, error.message);
      else this.#failed(tag, error);
    }
  }

  async #run(tag: string, command: Command, reader: ArgumentReader, byUid: boolean): Promise<void> {
    const state = this.#state;
    const refusal = wrongState(command, state);
    if (refusal !== undefined) throw new ImapSyntaxError(refusal);
    const result = await command.run(state as SelectedState, reader, byUid);
    if (state.selected !== undefined && command.sync !== 'nothing' && result.status !== 'BAD') {
      const expunge = command.sync === 'all' || byUid;
      const always = command.syncAlways === true;
      const there = await state.selected.sync(this.#client, expunge, always);
      if (!there) state.sayBye('The mailbox was deleted');
    }
    this.#answer(tag, result);
    await this.#client.drained();
  }

  #answer(tag: string, { status, text }: CommandResult): void {
    this.#client.write(`${tag} ${status} ${text}\r\n`);
  }

  #bad(tag: string, text: string): void {
    this.#answer(tag, { status: 'BAD', text });
    this.#badCommands += 1;
    if (this.#badCommands >= BAD_COMMANDS_MAX) this.#bye('Too many bad commands');
  }

  #failed(tag: string, error: unknown): void {
    if (error instanceof ClientGone) throw error;
    if (error instanceof MailStoreUnavailable) {
      this.#answer(tag, no('[UNAVAILABLE] The mail store cannot be reached, try again later'));
      return;
    }
    this.#state.options.onError(error);
    this.#answer(tag, no('[SERVERBUG] Internal error'));
  }
}

function wrongState(command: Command, state: ImapState): string | undefined {
  if (command.needs === 'nothing') return undefined;
  if (command.needs === 'no-user') {
    return state.accountId === undefined ? undefined : 'Already logged in';
  }
  if (state.accountId === undefined) return 'Log in first';
  if (command.needs === 'user') return undefined;
  return state.selected === undefined ? 'No mailbox is selected' : undefined;
}

/** The tag of a command that could not be read whole. */
function tagOf(text: string): string {
  return /^[^\x00-\x20\x7f-\xff(){%*"\\+]{1,100}(?= )/.exec(text)?.[0] ?? '*';
}
